-- broken: perform pgflow.guard_step(p_bucket, p_worker, p_mark, p_claim, p_task, p_run); => null;
-- broken: p_claim > 0, => true,
-- broken: where x.count < excluded.count; => where true;
-- broken: if not found then => if false then
-- broken: handed = excluded.handed, state => handed = x.handed, state
-- broken: state = excluded.state => state = x.state
-- broken: due_at = excluded.due_at, => due_at = x.due_at,
-- broken: p_wait_ms * interval '1 millisecond' => p_wait_ms * interval '1 second'

-- case: of a run that the worker has: it is kept, and needs no handing on
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.own('w', 'a'), stage.own('w', 'b');
select pgflow.begin_step(0, stage.w(), 'm');
select stage.look();
select pgflow.commit_repeat(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1, 3::smallint, 1500, '{"x": 1}');
select expect.touched('repeat a');
select expect.rows('select run_id, period, step, index, count, attempts, began_at = pgflow.now(), due_at - pgflow.now(), handed, state from pgflow.repeat',
    '[["a", 21929, 2, -1, 1, 3, true, "00:00:01.5", true, {"x": 1}]]');
select expect.throws($$select pgflow.commit_repeat(0, stage.w(), 'm', 2, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 2, 0::smallint, 0, '1')$$,
    'PF003', 'run a is no longer with worker %');
select expect.touched();

-- case: the next time replaces it; what was asked for before is refused
select stage.runs_of_flow('a');
select stage.worker(), stage.own('w', 'a'), stage.repeat('a', 2, p_count => 3, p_state => '"old"', p_handed => false);
select stage.later('1 h');
select pgflow.begin_step(0, stage.w(), 'm');
select stage.look();
select expect.throws(format($$select pgflow.commit_repeat(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, %s, 0::smallint, 0, '1')$$, c),
    '23505', format('the step has asked for its repetition number %s before', c)) from unnest('{2,3}'::int[]) c;
select expect.touched();
select pgflow.commit_repeat(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 4, 2::smallint, 0, '"new"');
select expect.touched('repeat a');
select expect.rows('select count, attempts, pgflow.now() - began_at, due_at = pgflow.now(), handed, state from pgflow.repeat',
    '[[4, 2, "01:00:00", true, true, "new"]]');

-- case: of a task that the worker has: it is still a part of that
select stage.runs_of_flow('a');
select stage.worker(), stage.worker('other'), stage.park('a');
select set_config('stage.mine', stage.task('a', 1, 0, p_worker => 'w')::text, true),
       set_config('stage.theirs', stage.task('a', 1, 1, p_worker => 'other')::text, true);
select pgflow.begin_step(0, stage.w(), 'm');
select pgflow.commit_repeat(0, stage.w(), 'm', 0, current_setting('stage.mine')::bigint, stage.run('a'), stage.period('a'), 1::smallint, 0, c, 0::smallint, 0, '1')
from unnest('{1,2}'::int[]) c;
select expect.rows('select count, handed from pgflow.repeat', '[[2, false]]');
select expect.throws($$select pgflow.commit_repeat(0, stage.w(), 'm', 0, current_setting('stage.theirs')::bigint, stage.run('a'), stage.period('a'),
       1::smallint, 1, 1, 0::smallint, 0, '1')$$, 'PF003', 'run a is no longer with worker %');

-- case: a task that has handed it on before is a part again of what has asked next
select stage.runs_of_flow('a');
select stage.worker(), stage.park('a'), stage.repeat('a', 1, 0, p_count => 1, p_handed => true);
select set_config('stage.mine', stage.task('a', 1, 0, p_worker => 'w', p_own => true)::text, true);
select pgflow.begin_step(0, stage.w(), 'm');
select pgflow.commit_repeat(0, stage.w(), 'm', 0, current_setting('stage.mine')::bigint, stage.run('a'), stage.period('a'), 1::smallint, 0, 2, 0::smallint, 0, '1');
select expect.rows('select count, handed from pgflow.repeat', '[[2, false]]');

-- case: a transaction that its own SQL has ended, and a worker that died, are refused
select stage.runs_of_flow('a');
select stage.worker(), stage.own('w', 'a');
select stage.look();
select expect.throws($$select pgflow.commit_repeat(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1, 0::smallint, 0, '1')$$,
    'PF002', 'the transaction of the step was ended by its own SQL%');
select expect.touched();
select pgflow.begin_step(0, stage.w(), 'm');
update pgflow.worker set dead_at = pgflow.now();
select expect.throws($$select pgflow.commit_repeat(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1, 0::smallint, 0, '1')$$,
    'PF001', 'worker % counts as dead%');
