-- broken: and a.kind <> 'start' =>
-- broken: when a.number > 0 then 'attempt_failed' else 'step_delayed' => when true then 'attempt_failed' else 'step_delayed'
-- broken: order by e.at, e.rank => order by e.at, -e.rank
-- broken: nullif(e.index, -1) => e.index
-- broken: when 'f' then 'run_failed' else => when 'x' then 'run_failed' else

-- broken: 'signal', g.step, -1 => 'signal', g.step, 0
-- broken: g.sender, null, jsonb => null, null, jsonb
-- broken: and x.number = g.step => and x.number = 1
-- broken: and g.run_id = p_run => and true

-- case: what happened to a run, in order, and who did it
select stage.define();
select stage.name('a', pgflow.start_run('flow', '1', p_actor => 'me')), stage.start('b');
select stage.attempt('a', 1, 0), stage.attempt('a', 1, 1, 2, '1 s');
select stage.later('1 s');
select pgflow.pause_run(stage.run('a'), 'why', 'you'), stage.outcome('a', 0, '[1]'), stage.outcome('a', 1, null, 2, 'f', 'no', 3), stage.outcome('a',
       2, null, -1, 's', 'why not', 0);
select stage.end('a', 'f', 'the end');
select stage.look();
select expect.rows($$select kind, step, index, attempt, worker_id, actor, reason, detail from pgflow.run_events(stage.run('a'))$$,
    '[["started", null, null, null, null, "me", null, {}],
      ["step_delayed", "each", null, 0, 7, null, null, {"retry_at": "2030-01-15T12:01:00+00:00", "duration_ms": 1.5}],
      ["attempt_failed", "each", 2, 1, 7, null, "failed 1", {"retry_at": "2030-01-15T12:00:01+00:00", "duration_ms": 1.5}],
      ["pause", null, null, null, null, "you", "why", {}], ["step_skipped", "side", null, 0, 7, null, "why not", {"duration_ms": 1.5}],
      ["step_completed", "list", null, 1, 7, null, null, {"duration_ms": 1.5}], ["step_failed", "each", 2, 3, 7, null, "no", {"duration_ms": 1.5}],
      ["run_failed", null, null, null, null, null, "the end", {}]]');
select expect.rows($$select kind, actor from pgflow.run_events(stage.run('b'))$$, '[["started", null]]');
select expect.rows($$select * from pgflow.run_events(stage.run('gone'))$$, '[]', 'of an unknown run');
select stage.end('b', 'x', 'why');
select expect.rows($$select kind, reason from pgflow.run_events(stage.run('b'))$$, '[["started", null], ["run_cancelled", "why"]]');
select expect.throws($$select pgflow.run_events(null) from stage.named where id = 'x'$$, '22P02', '%');

-- case: signals, by whom
select stage.runs_that_wait('a', 'b');
select stage.later('1 s');
select stage.signal('a', 3, '"secret"', p_sender => 'anna'), stage.signal('b', 3, '1');
select expect.rows($$select at = pgflow.now(), kind, step, index, attempt, worker_id, actor, reason, detail from pgflow.run_events(stage.run('a')) where kind <> 'started'$$,
    '[[true, "signal", "other", null, null, null, "anna", null, {"signal": "word"}]]');
