-- broken: where not r.entry = any(p_refused) => where true
-- broken: x.count = excluded.count and not x.handed => false
-- broken: where x.count < excluded.count or => where true or
-- broken: set count = excluded.count, attempts => set attempts
-- broken: due_at = excluded.due_at, handed = true => due_at = x.due_at, handed = true
-- broken: handed = true, state = excluded.state => handed = true, state = x.state
-- broken: handed = true, state => handed = x.handed, state
-- broken: t.crashes, true, r.wait_ms = 0, a.due_at => t.crashes, false, r.wait_ms = 0, a.due_at
-- broken: t.crashes, true, r.wait_ms = 0, a.due_at => 0, true, r.wait_ms = 0, a.due_at
-- broken: r.wait_ms = 0, a.due_at => true, a.due_at
-- broken: r.wait_ms = 0, a.due_at => false, a.due_at
-- broken: e_task[r.entry] > 0 => true
-- broken: q.run_id = t.run_id and q.paused => false
-- broken: q.run_id = t.run_id and q.paused => q.paused
-- broken: a.run_id = t.run_id and a.step = r.step and a.index = r.index => true
-- broken: p_now, => pgflow.now() - interval '1 s',
-- broken: case when r.item is not null then jsonb_build_array(r.item) end => r.item

-- case: what units of owned runs ask for is kept; nothing of it is a task
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker(), stage.own('w', 'a', 'b');
select stage.look();
select expect.rows($$select * from pgflow.repeat_units(0, stage.runs('a', 'b'), array[stage.period('a'), stage.period('b')], '{0,0}', '{}', pgflow.now(),
    '{1,2,1}', '{2,1,3}', '{-1,4,-1}', '{1,2,3}', '{0,1,0}', '{0,1500,60000}', '{1,"{}","[2]"}', '{null,5,null}')$$, '[[[], []]]');
select expect.touched('repeat a', 'repeat b');
select expect.rows('select run_id, period, step, index, count, attempts, began_at = pgflow.now(), due_at - pgflow.now(), handed, state from pgflow.repeat
                    order by count',
    '[["a", 21929, 2, -1, 1, 0, true, "00:00:00", true, 1], ["b", 21929, 1, 4, 2, 1, true, "00:00:01.5", true, {}],
      ["a", 21929, 3, -1, 3, 0, true, "00:01:00", true, [2]]]');

-- case: the next time replaces it, but for since when; what stands already is left alone
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.repeat('a', 2, p_count => 3, p_state => '"old"', p_attempts => 1);
select stage.later('1 h');
select stage.look();
select pgflow.repeat_units(0, stage.runs('a'), array[stage.period('a')], '{0}', '{}', pgflow.now(), '{1}', '{2}', '{-1}', array[c], '{2}', '{0}', '{"\"new\""}',
                           '{null}') from unnest('{2,3}'::int[]) c;
select expect.touched();
select pgflow.repeat_units(0, stage.runs('a'), array[stage.period('a')], '{0}', '{}', pgflow.now(), '{1}', '{2}', '{-1}', '{4}', '{2}', '{0}', '{"\"new\""}', '{null}');
select expect.touched('repeat a');
select expect.rows('select count, attempts, pgflow.now() - began_at, due_at = pgflow.now(), state from pgflow.repeat', '[[4, 2, "01:00:00", true, "new"]]');

-- case: what tasks' units ask for are tasks of their own; it gives them
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.start('c', p_priority => 4, p_queue => 'q', p_namespace => 's');
select stage.worker(), stage.park('a'), stage.park('b'), stage.park('c');
do $$ begin
    perform set_config('stage.tasks', array[stage.task('a', 1, 0, 3, 'w', p_crashes => 2, p_turn => 7), stage.task('b', 3, p_worker => 'w'), stage.task('c', 1, 0, 9, 'w')]::text, true);
end $$;
select stage.look();
select expect.rows($$select * from pgflow.repeat_units(0, stage.runs('a', 'b', 'c'), array[stage.period('a'), stage.period('b'), stage.period('c')],
    current_setting('stage.tasks')::bigint[], '{}', pgflow.now(),
    '{1,2,3,1}', '{1,3,1,1}', '{1,-1,5,2}', '{1,1,1,1}', '{0,2,0,0}', '{0,1500,0,500}', '{1,2,3,4}', '{10,null,50,20}')$$,
    '[[["a", "b", "c", "a"], [1, 3, 1, 1]]]');
select expect.touched('repeat a', 'repeat b', 'repeat c', 'task a', 'task b', 'task c');
select expect.rows($$select run_id, step, first, count, attempts, crashes, own, due, available_at - pgflow.now(), priority, turn, queue, namespace, items, worker_id,
                            version_id = stage.version(), period from pgflow.task where not id = any(current_setting('stage.tasks')::bigint[]) order by stage.readable(run_id::text), first$$,
    '[["a", 1, 1, 1, 0, 2, true, true, "00:00:00", 0, 7, "default", "", [10], null, true, 21929],
      ["a", 1, 2, 1, 0, 2, true, false, "00:00:00.5", 0, 7, "default", "", [20], null, true, 21929],
      ["b", 3, -1, 1, 2, 0, true, false, "00:00:01.5", 0, 0, "default", "", null, null, true, 21929],
      ["c", 1, 5, 1, 0, 0, true, true, "00:00:00", 4, 0, "q", "s", [50], null, true, 21929]]');

-- case: what its own transaction has kept is handed on, once
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.worker(), stage.park('a');
do $$ begin perform set_config('stage.task', stage.task('a', 1, 0, 3, 'w')::text, true); end $$;
select stage.repeat('a', 1, 1, p_count => 2, p_handed => false, p_state => '"kept"');
select stage.look();
select expect.rows($$select * from pgflow.repeat_units(0, stage.runs('a'), array[stage.period('a')], array[current_setting('stage.task')::bigint], '{}', pgflow.now(),
    '{1}', '{1}', '{1}', '{2}', '{0}', '{0}', '{"\"kept\""}', '{10}')$$, '[[["a"], [1]]]');
select expect.touched('repeat a', 'task a');
select expect.rows('select count, handed, state from pgflow.repeat', '[[2, true, "kept"]]');
select expect.rows($$select * from pgflow.repeat_units(0, stage.runs('a'), array[stage.period('a')], array[current_setting('stage.task')::bigint], '{}', pgflow.now(),
    '{1}', '{1}', '{1}', '{2}', '{0}', '{0}', '{"\"kept\""}', '{10}')$$, '[[[], []]]', 'repeated');
select expect.touched();

-- case: of an entry that was refused nothing is kept; of a paused run there is no task
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('refused', 'paused', 'free');
select stage.worker(), stage.park('paused'), stage.park('free'), pgflow.pause_run(stage.run('paused'));
do $$ begin perform set_config('stage.tasks', array[0, stage.task('paused', 1, 0, 3, 'w'), stage.task('free', 1, 0, 3, 'w')]::text, true); end $$;
select stage.look();
select expect.rows($$select * from pgflow.repeat_units(0, stage.runs('refused', 'paused', 'free'), array_fill(21929, array[3]),
    current_setting('stage.tasks')::bigint[], '{1}', pgflow.now(), '{1,2,3}', '{1,1,1}', '{1,1,1}', '{1,1,1}', '{0,0,0}', '{0,0,0}', '{1,1,1}', '{1,1,1}')$$,
    '[[["free"], [1]]]');
select expect.touched('repeat paused', 'repeat free', 'task free');
