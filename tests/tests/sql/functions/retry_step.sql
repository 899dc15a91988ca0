-- broken: perform pgflow.require_read_committed(); => null;
-- broken: and t.worker_id is null and not t.due => and not t.due
-- broken: p_index is null or t.first = p_index => true
-- broken: p_index is null or a.index = p_index => true
-- broken: and a.retry_at > v_now =>
-- broken: and q.fresh) then => and false) then
-- broken: perform pgflow.make_due(v_bucket, array[p_run]); => null;
-- broken: if p_index is not null then => if false then
-- broken: if not v_step.is_map and p_index is not null then => if false then
-- broken: if v_other is not null then => if false then
-- broken: and not s.on_failure => and true
-- broken: and o.kind = 'f') then => ) then
-- broken: if v_end.status <> 'f' then => if false then
-- broken: o.run_id = p_run and o.step = v_step.number => o.step = v_step.number
-- broken: o.run_id = p_run and o.step <> v_step.number => o.step <> v_step.number
-- broken: if v_step.signal is not null and exists ( => if false and exists (
-- broken: max(a.number) = 0 and max(a.retry_at) > v_now => max(a.retry_at) > v_now
-- broken: max(a.number) = 0 and max(a.retry_at) > v_now => max(a.number) = 0
-- broken: and r.due_at > v_now =>
-- broken: p_index is null or r.index = p_index => true
-- broken: r.run_id = p_run and r.step = v_step.number => r.run_id = p_run

-- case: what waits for its next attempt begins at once; whoever has the run is told
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.park(n, '1 h'), stage.attempt(n, 1, 1, 0, '1 h'), stage.attempt(n, 1, 1, 1, '1 h'), stage.attempt(n, 1, 1, 2, '-1 h'), stage.attempt(n,
       2, 1, -1, '1 h'), stage.task(n, 1, 0, p_due => false, p_available => '1 h'),
       stage.task(n, 1, 1, p_due => false, p_available => '1 h'), stage.task(n, 1, 3, p_worker => 'w', p_due => false, p_available => '1 h'),
              stage.task(n, 2, p_due => false, p_available => '1 h') from unnest('{a,b}'::text[]) n;
select stage.look();
select expect.equal(pgflow.retry_step(stage.run('a'), 'each', 1, 'why', 'me'), 'asked', 'an item');
select expect.touched('task a', 'attempt a', 'inbox a', 'ready a', 'action a');
select expect.rows($$select step, first, due, available_at - pgflow.now() from pgflow.task where run_id = stage.run('a') order by id$$,
    '[[1, 0, false, "01:00:00"], [1, 1, true, "00:00:00"], [1, 3, false, "01:00:00"], [2, -1, false, "01:00:00"]]');
select expect.rows($$select step, index, retry_at - pgflow.now() from pgflow.attempt where run_id = stage.run('a') order by 1, 2$$,
    '[[1, 0, "01:00:00"], [1, 1, "00:00:00"], [1, 2, "-01:00:00"], [2, -1, "01:00:00"]]');
select expect.rows('select run_id, step, index, kind, reason from pgflow.inbox', '[["a", 1, 1, "n", "why"]]');
select expect.rows('select kind, actor, reason, detail from pgflow.action', '[["retry", "me", "why", {"step": "each", "index": 1}]]');
select expect.rows('select due from pgflow.ready where run_id = stage.run(''a'')', '[[true]]');
select expect.equal(pgflow.retry_step(stage.run('a'), 'each'), 'asked', 'all items');
select expect.rows($$select step, first, due from pgflow.task where run_id = stage.run('a') order by id$$,
       '[[1, 0, true], [1, 1, true], [1, 3, false], [2, -1, false]]');
select expect.rows($$select step, index, retry_at - pgflow.now() from pgflow.attempt where run_id = stage.run('a') order by 1, 2$$,
    '[[1, 0, "00:00:00"], [1, 1, "00:00:00"], [1, 2, "-01:00:00"], [2, -1, "01:00:00"]]');

-- case: the owner of what is owned finds the message; one that is paused stays so; of one that has not begun nothing waits
select stage.runs_of_flow('owned', 'paused', 'fresh');
select stage.worker();
select stage.own('w', 'owned'), stage.park('paused'), pgflow.pause_run(stage.run('paused'));
select stage.look();
select expect.equal(pgflow.retry_step(stage.run(n), 'side'), 'asked', n) from unnest('{owned,paused,fresh}'::text[]) n;
select expect.touched('inbox owned', 'action owned', 'inbox paused', 'action paused', 'action fresh');

-- case: a run that has failed of this step, and of no other, goes on
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 1, null, 0, 'f', 'no', 3), stage.outcome('a', 4, null, -1, 'f', 'neither', 3), stage.end('a',
       'f');
select stage.look();
select expect.equal(pgflow.retry_step(stage.run('a'), 'each', null, 'why', 'me'), 'done', 'the step');
select expect.touched('run_end a', 'outcome a', 'attempt a', 'ready a', 'action a');
select expect.rows('select step from pgflow.outcome', '[[0]]');
select expect.rows('select kind, actor, reason, detail from pgflow.action',
       '[["retry", "me", "why", {"step": "each", "failed_at": "2030-01-15T12:00:00+00:00"}]]');
select expect.sound();

-- case: what cannot be retried is refused
select stage.runs_of_flow('c', 'x', 'f', 'two', 'live');
select stage.end('c', 'c'), stage.end('x', 'x'), stage.end('f', 'f'), stage.end('two', 'f');
select stage.outcome('f', 0, '[1]'), stage.outcome('f', 2, null, -1, 'f', 'no'), stage.outcome('two', 1, null, 0, 'f', 'no'), stage.outcome('two', 2,
       null, -1, 'f', 'no');
select stage.look();
select expect.throws($$select pgflow.retry_step(stage.run('c'), 'list')$$, 'PF409', 'run c cannot be retried: it has ended as completed');
select expect.throws($$select pgflow.retry_step(stage.run('x'), 'list')$$, 'PF409', 'run x cannot be retried: it has ended as cancelled');
select expect.throws($$select pgflow.retry_step(stage.run('f'), 'list')$$, 'PF409', 'step `list` of run f has not failed');
select expect.throws($$select pgflow.retry_step(stage.run('live'), 'side', 0)$$, 'PF409', 'step `side` is no map: it has no item 0',
       'Leave the item out.');
select expect.throws($$select pgflow.retry_step(stage.run('f'), 'each', 0)$$, 'PF409', 'run f has failed: the items of step `each`%',
       'Leave the item out.');
select expect.throws($$select pgflow.retry_step(stage.run('two'), 'each')$$, 'PF409', 'run two has failed of other steps as well: `side`',
       'Resume the run%');
select expect.throws($$select pgflow.retry_step(stage.run('f'), 'none')$$, 'PF404', 'run f has no step `none`');
select expect.throws($$select pgflow.retry_step(stage.run('gone'), 'side')$$, 'PF404', 'there is no run gone');
select expect.touched();

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select pgflow.retry_step(stage.run('gone'), 'side')$$, '0A000', 'pgflow works in READ COMMITTED%');

-- case: what another run has failed of is that run's affair
select stage.runs_of_flow('other', 'a');
select stage.outcome('other', 1, null, 0, 'f', 'no'), stage.end('other', 'f'), stage.outcome('a', 2, null, -1, 'f', 'no'), stage.end('a', 'f');
select expect.throws($$select pgflow.retry_step(stage.run('a'), 'each')$$, 'PF409', 'step `each` of run a has not failed');
select expect.equal(pgflow.retry_step(stage.run('a'), 'side'), 'done', 'its own');

-- case: what waits for a signal is not helped by that; once the wait is over, it is a retry as any
select stage.runs_that_wait('a');
select stage.park('a', '1 h'), stage.attempt('a', 1, 0, p_retry => '1 h'), stage.attempt('a', 2, 0, p_retry => '-1 h'), stage.attempt('a', 3, 0, p_retry => '-1 h'),
       stage.attempt('a', 3, 1, p_retry => '1 h');
select stage.look();
select expect.throws($$select pgflow.retry_step(stage.run('a'), 'first')$$, 'PF409', 'step `first` waits for signal `go`, which no retry replaces',
                     format('Send it: select pgflow.send_signal(''%s'', ''go'', ..);', stage.run('a')));
select expect.touched();
select expect.equal(pgflow.retry_step(stage.run('a'), s), 'asked', s) from unnest('{last,other,ask}'::text[]) s;
select expect.touched('action a', 'attempt a', 'inbox a', 'ready a');
select expect.rows('select step, number from pgflow.attempt where retry_at = pgflow.now()', '[[3, 1]]');

-- case: what has asked to be executed again begins at once
select stage.runs_of_flow('a', 'b');
select stage.repeat(n, 1, 0), stage.repeat(n, 1, 1), stage.repeat(n, 1, 2, p_due => '-1 h'), stage.repeat(n, 2), stage.park(n, '1 h') from unnest('{a,b}'::text[]) n;
select stage.look();
select pgflow.retry_step(stage.run('a'), 'each', 1);
select expect.touched('repeat a', 'action a', 'inbox a', 'ready a');
select expect.rows('select step, index, due_at - pgflow.now() from pgflow.repeat where run_id = stage.run(''a'') order by 1, 2',
    '[[1, 0, "00:01:00"], [1, 1, "00:00:00"], [1, 2, "-01:00:00"], [2, -1, "00:01:00"]]');
select pgflow.retry_step(stage.run('a'), 'each');
select expect.rows('select step, index, due_at - pgflow.now() from pgflow.repeat where run_id = stage.run(''a'') order by 1, 2',
    '[[1, 0, "00:00:00"], [1, 1, "00:00:00"], [1, 2, "-01:00:00"], [2, -1, "00:01:00"]]');
