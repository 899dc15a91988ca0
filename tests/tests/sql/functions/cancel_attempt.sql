-- broken: perform pgflow.require_read_committed(); => null;
-- broken: if v_step.is_map and p_index is null then => if false then
-- broken: elsif not v_step.is_map and p_index is not null then => elsif false then
-- broken: case when v_step.is_map then p_index else -1 end => p_index
-- broken: and t.worker_id is not null =>
-- broken: and v_index < t.first + t.count => and v_index < t.first + 1
-- broken: if v_result <> 'nothing' then => if false then
-- broken: and cardinality(pgflow.lock_ready(v_bucket, array[p_run])) = 0 => and true
-- broken: coalesce(t.cancelled, '{}') || v_index => array[v_index]
-- broken: t.run_id = p_run and t.step = v_step.number => t.run_id = p_run

-- case: of a task that somebody has: its worker is told
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.own('w', 'a'), stage.task(n, 1, 0, 4, p_worker => 'w'), stage.task(n, 1, 4, 4), stage.task(n, 2,
       p_worker => 'w') from unnest('{a,b}'::text[]) n limit 1;
select stage.task('b', 1, 0, 4, p_worker => 'w');
select stage.look();
select expect.equal(pgflow.cancel_attempt(stage.run('a'), 'each', 3, 'why', 'me'), 'asked', 'an item');
select expect.touched('task a', 'action a');
select pgflow.cancel_attempt(stage.run('a'), 'each', 0), pgflow.cancel_attempt(stage.run('a'), 'side');
select expect.rows($$select step, first, cancelled from pgflow.task where run_id = stage.run('a') order by id$$,
       '[[1, 0, [3, 0]], [1, 4, null], [2, -1, [-1]]]');
select expect.rows('select kind, actor = ''me'', reason, detail from pgflow.action order by number',
    '[["cancel_attempt", true, "why", {"step": "each", "index": 3}], ["cancel_attempt", false, null, {"step": "each", "index": 0}],
      ["cancel_attempt", false, null, {"step": "side"}]]');

-- case: of what the owner may be executing: it is told; where nobody has it, nothing is under way
select stage.runs_of_flow('owned', 'queued');
select stage.worker();
select stage.own('w', 'owned'), stage.task('queued', 1, 5, p_due => true);
select stage.look();
select expect.equal(pgflow.cancel_attempt(stage.run('owned'), 'each', 2, 'why'), 'asked', 'an item');
select expect.equal(pgflow.cancel_attempt(stage.run('owned'), 'side'), 'asked', 'a plain step');
select expect.equal(pgflow.cancel_attempt(stage.run('queued'), 'each', 5), 'asked', 'of one that nobody has');
select expect.touched('inbox owned', 'action owned', 'action queued');
select expect.rows('select run_id, step, index, kind, reason from pgflow.inbox order by id',
       '[["owned", 1, 2, "a", "why"], ["owned", 2, -1, "a", null]]');

-- case: what cannot be is refused
select stage.runs_of_flow('a', 'c', 'f', 'x');
select stage.end('c', 'c'), stage.end('f', 'f'), stage.end('x', 'x');
select stage.look();
select expect.throws($$select pgflow.cancel_attempt(stage.run('a'), 'each')$$, 'PF409',
       'step `each` is a map: say of which item the attempt is to be cancelled');
select expect.throws($$select pgflow.cancel_attempt(stage.run('a'), 'side', 5)$$, 'PF409', 'step `side` is no map: it has no item 5',
       'Leave the item out.');
select expect.throws($$select pgflow.cancel_attempt(stage.run('c'), 'side')$$, 'PF409',
       'run c cannot be stopped in an attempt: it has ended as completed');
select expect.throws($$select pgflow.cancel_attempt(stage.run('f'), 'side')$$, 'PF409',
       'run f cannot be stopped in an attempt: it has ended as failed');
select expect.throws($$select pgflow.cancel_attempt(stage.run('x'), 'side')$$, 'PF409',
       'run x cannot be stopped in an attempt: it has ended as cancelled');
select expect.throws($$select pgflow.cancel_attempt(stage.run('a'), 'none')$$, 'PF404', 'run a has no step `none`');
select expect.throws($$select pgflow.cancel_attempt(stage.run('gone'), 'side')$$, 'PF404', 'there is no run gone');
select expect.touched();

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select pgflow.cancel_attempt(stage.run('gone'), 'side')$$, '0A000', 'pgflow works in READ COMMITTED%');

-- case: tasks of other steps are left alone
select stage.runs_of_flow('a');
select stage.worker(), stage.task('a', 1, 0, 4, p_worker => 'w'), stage.task('a', 3, 0, 4, p_worker => 'w');
select pgflow.cancel_attempt(stage.run('a'), 'each', 1);
select expect.rows('select step, cancelled from pgflow.task order by step', '[[1, [1]], [3, null]]');
