-- broken: where not c.entry = any(p_refused) => where true
-- broken: e_period[c.entry], e_run[c.entry] => e_period[1], e_run[1]
-- broken: true, p.priority, p_now => true, 0, p_now
-- broken: true, p.priority, p_now => false, p.priority, p_now
-- broken: coalesce(c.queue, p.queue) => p.queue
-- broken: coalesce(c.queue, p.queue) => c.queue
-- broken: p.namespace, c.input => '', c.input
-- broken: p_now + c.deadline_ms * interval '1 millisecond' => p_now + c.deadline_ms * interval '1 second'
-- broken: a.run_id, a.step, a.index => a.run_id, a.step, -1
-- broken: s.priority, p_now, true, true => s.priority, p_now, true, false
-- broken: s.priority, p_now, true, true => s.priority, p_now, false, true
-- broken: v_period int := pgflow.period_of(p_now) => v_period int := e_period[1]

-- case: a run for each unit, due at once; what is not said of it is as in its parent
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.start('b', p_queue => 'q', p_priority => 3, p_namespace => 's');
select stage.worker(), stage.own('w', 'a', 'b');
set local pgflow.fake_now = '2030-02-15 12:00Z';
select stage.look();
select pgflow.start_children(0, stage.runs('a', 'b'), array[stage.period('a'), stage.period('b')], '{}', pgflow.now(),
    '{1,1,2,2}', '{0,1,1,1}', '{-1,2,0,1}', '{1,2,1,1}', array_fill(stage.version(), array[4]), '{null,other,null,other}', '{1500,null,null,null}', '{1,2,"[3]",4}');
select stage.name(n.name, c.child_id) from pgflow.child c join (values (0, -1, 'a0'), (1, 2, 'a1'), (1, 0, 'b0'), (1, 1, 'b1')) n(step, index, name)
    on n.step = c.step and n.index = c.index;
select expect.touched('child a', 'child b', 'run a0', 'run a1', 'run b0', 'run b1', 'ready a0', 'ready a1', 'ready b0', 'ready b1');
select expect.rows('select child_id, run_id, period, step, index, number, started_at = pgflow.now() from pgflow.child order by stage.readable(child_id::text)',
    '[["a0", "a", 21929, 0, -1, 1, true], ["a1", "a", 21929, 1, 2, 2, true], ["b0", "b", 21929, 1, 0, 1, true], ["b1", "b", 21929, 1, 1, 1, true]]');
select expect.rows($$select id, period = pgflow.period_of_run(id), version_id = stage.version(), checked, priority, created_at = pgflow.now(), deadline_at - pgflow.now(),
                            queue, namespace, input, parent_id, parent_step, parent_index
                     from pgflow.run where parent_id is not null order by stage.readable(id::text)$$,
    '[["a0", true, true, true, 0, true, "00:00:01.5", "default", "", 1, "a", 0, -1], ["a1", true, true, true, 0, true, null, "other", "", 2, "a", 1, 2],
      ["b0", true, true, true, 3, true, null, "q", "s", [3], "b", 1, 0], ["b1", true, true, true, 3, true, null, "other", "s", 4, "b", 1, 1]]');
select expect.rows($$select run_id, period = pgflow.period_of_run(run_id), version_id = stage.version(), priority, available_at = pgflow.now(), due, fresh, paused, queue, namespace
                     from pgflow.ready order by stage.readable(run_id::text)$$,
    '[["a0", true, true, 0, true, true, true, false, "default", ""], ["a1", true, true, 0, true, true, true, false, "other", ""],
      ["b0", true, true, 3, true, true, true, false, "q", "s"], ["b1", true, true, 3, true, true, true, false, "other", "s"]]');

-- case: one that was started stays the only one of its attempt; of an entry that was refused there is none
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'refused');
select stage.child('a', 'b', 0);
select stage.look();
select pgflow.start_children(0, stage.runs('a', 'refused'), array[stage.period('a'), stage.period('refused')], '{2}', pgflow.now(),
    '{1,2}', '{0,0}', '{-1,-1}', '{1,1}', array_fill(stage.version(), array[2]), '{null,null}', '{null,null}', '{1,1}');
select expect.touched();
select pgflow.start_children(0, stage.runs('a'), array[stage.period('a')], '{}', pgflow.now(),
    '{1}', '{0}', '{-1}', '{2}', array[stage.version()], '{null}', '{null}', '{1}');
select expect.rows('select number from pgflow.child order by 1', '[[1], [2]]', 'of its next attempt');
