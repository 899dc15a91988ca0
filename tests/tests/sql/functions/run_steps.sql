-- broken: when k.error is not null then 'failed' => when false then 'failed'
-- broken: when o.kind = 's' then 'skipped' => when false then 'skipped'
-- broken: when v_ended then 'cancelled' => when false then 'cancelled'
-- broken: when b.names is not null then 'blocked' => when false then 'blocked'
-- broken: when t.retry_at > v_now or r.due_at is not null then 'waiting' => when r.due_at is not null then 'waiting'
-- broken: when t.retry_at > v_now or r.due_at is not null then 'waiting' => when t.retry_at > v_now then 'waiting'
-- broken: and t.retry_at < v_now + interval '50 years' =>
-- broken: and t.attempts = 0 and t.retry_at > v_now then k.signal => and t.retry_at > v_now then k.signal
-- broken: and t.attempts = 0 and t.retry_at > v_now then k.signal => and t.attempts = 0 then k.signal
-- broken: filter (where r.due_at > v_now) =>
-- broken: max(r.count) as count => min(r.count) as count
-- broken: not k.settled then r.due_at end => true then r.due_at end
-- broken: when q.due or q.paused then 'ready' => when q.due then 'ready'
-- broken: m.items = coalesce(c.done, 0) => m.items <= coalesce(c.done, 0) + 1
-- broken: where not k.on_failure or k.at is not null or t.step is not null => where true
-- broken: order by a.step, a.failed_at desc, a.number desc => order by a.step, a.failed_at, a.number
-- broken: not k.settled and not p.settled => not p.settled
-- broken: case when a.number > 0 then a.error end as error => a.error as error
-- broken: m.run_id = p_run and m.step = s.number => m.step = s.number

-- case: of a run that has just begun
select stage.runs_of_flow('a');
select stage.worker();
select expect.rows($$select number, step, status, items, items_done, items_skipped, attempts, waits_for from pgflow.run_steps(stage.run('a'))$$,
    '[[0, "list", "ready", null, null, null, null, []], [1, "each", "blocked", null, 0, 0, null, ["list"]], [2, "side", "blocked", null, null, null, null, ["list"]],
      [3, "sum", "blocked", null, null, null, null, ["each", "side"]]]');
select stage.own('w', 'a');
select expect.rows($$select status from pgflow.run_steps(stage.run('a'))$$, '[["running"], ["blocked"], ["blocked"], ["blocked"]]', 'with an owner');

-- case: half-way
select stage.runs_of_flow('a', 'b');
select stage.worker(), stage.own('w', 'a');
select stage.outcome('a', 0, '[1, 2, 3]'), stage.map('a', 1, 3), stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, null, 2, 's', 'why not', 0),
       stage.attempt('a', 2, 1, -1, '-1 s'),
       stage.attempt('a', 2, 2, -1, '1 min'), stage.outcome('b', 0, '[1]'), stage.attempt('b', 1, 0, -1, '1 min');
select pgflow.add_notes(0, stage.runs('a', 'a', 'b'), '{1,1,1}', '{0,1,0}', '{1,1,1}', '{0.5,NULL,0.9}', '{half,word,theirs}');
select stage.look();
select expect.rows($$select step, status, items, items_done, items_skipped, attempts, waits_for, next_attempt_at - pgflow.now(), output, error,
       skip_reason, progress, message, worker_id, duration_ms,
                            recorded_at = pgflow.now() from pgflow.run_steps(stage.run('a'))$$,
    '[["list", "completed", null, null, null, 1, [], null, [1, 2, 3], null, null, null, null, 7, 1.5, true],
      ["each", "running", 3, 2, 1, 1, [], null, null, null, null, 0.5, "word", null, null, true],
      ["side", "waiting", null, null, null, 2, [], "00:01:00", null, "failed 2", null, null, null, null, null, null],
      ["sum", "blocked", null, null, null, null, ["each", "side"], null, null, null, null, null, null, null, null, null]]');
select expect.rows($$select step, status, error, next_attempt_at - pgflow.now() from pgflow.run_steps(stage.run('b')) where number = 1$$,
       '[["each", "waiting", null, "00:01:00"]]', 'before its first attempt');
select expect.touched();

-- case: steps that are skipped, maps that are done, maps without items; what waits, and what is paused
select stage.runs_of_flow('a', 'parked', 'paused');
select stage.outcome('a', 0, '[]'), stage.map('a', 1, 0), stage.outcome('a', 2, null, -1, 's', 'why not', 0), stage.park('parked'),
       stage.park('paused'), pgflow.pause_run(stage.run('paused'));
select expect.rows($$select step, status, skip_reason, waits_for from pgflow.run_steps(stage.run('a'))$$,
    '[["list", "completed", null, []], ["each", "completed", null, []], ["side", "skipped", "why not", []], ["sum", "ready", null, []]]');
select expect.rows($$select status from pgflow.run_steps(stage.run('parked')) where number = 0$$, '[["waiting"]]', 'parked');
select expect.rows($$select status from pgflow.run_steps(stage.run('paused')) where number = 0$$, '[["ready"]]', 'paused');

-- case: of a run that has failed, with what was executed then
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1, 2]'), stage.map('a', 1, 2), stage.outcome('a', 1, null, 1, 'f', 'no', 3), stage.outcome('a', 4, '4'),
       stage.end('a', 'f');
select expect.rows($$select step, status, error, output, waits_for from pgflow.run_steps(stage.run('a'))$$,
    '[["list", "completed", null, [1, 2], []], ["each", "failed", "no", null, []], ["side", "cancelled", null, null, []], ["sum", "cancelled", null, null, []],
      ["amends", "completed", null, 4, []]]');

-- case: what was skipped waits for nothing, whatever it depends on
select stage.runs_of_flow('a');
select stage.outcome('a', 2, null, -1, 's', 'why not', 0);
select expect.rows($$select step, status, waits_for from pgflow.run_steps(stage.run('a')) where number >= 2$$,
       '[["side", "skipped", []], ["sum", "blocked", ["each"]]]');

-- case: a map that was skipped as a whole; an unknown run
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 1, null, -1, 's', 'as a whole', 0), stage.outcome('a', 2, '1');
select expect.rows($$select step, status, items_done, items_skipped, skip_reason from pgflow.run_steps(stage.run('a')) where number in (1, 3)$$,
    '[["each", "skipped", null, null, "as a whole"], ["sum", "ready", null, null, null]]');
select expect.rows($$select * from pgflow.run_steps(stage.run('gone'))$$, '[]', 'of an unknown run');

-- case: beside another run of which other things are recorded
select stage.runs_of_flow('other', 'a');
select stage.map('other', 1, 7), stage.outcome('other', 0, '[9]'), stage.outcome('other', 1, '1', 0), stage.map('a', 1, 2), stage.outcome('a', 0, '[1, 2]');
select expect.rows($$select step, status, items, items_done, output from pgflow.run_steps(stage.run('a')) where number < 2$$,
       '[["list", "completed", null, null, [1, 2]], ["each", "ready", 2, 0, null]]');

-- case: what waits for a signal, with a limit and without; what does no more
select stage.runs_that_wait('a', 'b', 'ended');
select stage.worker(), stage.own('w', 'a'), stage.outcome(n, 0, '1') from unnest('{a,b,ended}'::text[]) n where n = 'a';
select stage.outcome('b', 0, '1'), stage.outcome('ended', 0, '1');
select stage.attempt('a', 1, 0, p_retry => '1 min'), stage.attempt('a', 2, 0, p_retry => '100 years'), stage.attempt('a', 3, 0, p_retry => '-1 s'),
       stage.attempt('b', 1, 0, p_retry => '-1 h'), stage.attempt('b', 1, 1, p_retry => '1 min'), stage.attempt('b', 3, 0, p_retry => '1 min'), stage.outcome('b', 3, '1'),
       stage.attempt('ended', 1, 0, p_retry => '1 min'), stage.end('ended', 'x');
select expect.rows($$select step, status, signal, attempts, next_attempt_at - pgflow.now() from pgflow.run_steps(stage.run('a')) where number > 0$$,
    '[["first", "waiting", "go", 0, "00:01:00"], ["last", "waiting", "go", 0, null], ["other", "running", null, 0, null]]');
select expect.rows($$select step, status, signal from pgflow.run_steps(stage.run('b')) where number in (1, 3)$$,
    '[["first", "waiting", null], ["other", "completed", null]]', 'after its first attempt; done');
select expect.rows($$select status, signal, next_attempt_at from pgflow.run_steps(stage.run('ended')) where number = 1$$, '[["cancelled", null, null]]', 'of a run that has ended');

-- case: what has asked to be executed again: when it is due, and how often it has
select stage.runs_of_flow('other', 'a');
select stage.worker(), stage.own('w', 'a');
select stage.outcome('a', 0, '[1, 2, 3]'), stage.map('a', 1, 3), stage.repeat('a', 0, p_count => 2), stage.repeat('a', 1, 0, p_count => 3, p_due => '2 min'),
       stage.repeat('a', 1, 1, p_count => 1, p_due => '1 min'), stage.repeat('a', 1, 2, p_count => 2, p_due => '-1 s'), stage.repeat('a', 2, p_count => 4, p_due => '-1 s'),
       stage.repeat('other', 0, p_count => 9), stage.repeat('other', 3, p_count => 9);
select expect.rows($$select step, status, repeats, next_attempt_at - pgflow.now() from pgflow.run_steps(stage.run('a'))$$,
    '[["list", "completed", 2, null], ["each", "waiting", 3, "00:01:00"], ["side", "running", 4, null], ["sum", "blocked", null, null]]');
select stage.end('a', 'x');
select expect.rows($$select step, status, next_attempt_at from pgflow.run_steps(stage.run('a')) where number = 1$$, '[["each", "cancelled", null]]', 'ended');
