-- broken: perform pgflow.require_read_committed(); =>
-- broken: if v_schedule.seq <> p_seq then => if false then
-- broken: coalesce(p_version, w.current_version) => w.current_version
-- broken: if p_inputs is null then => if false then
-- broken: coalesce(p_inputs, array_fill(v_schedule.input, array[v_count])) => array_fill(v_schedule.input, array[v_count])
-- broken: order by t.place) => order by t.place desc)
-- broken: p_inputs is not null, v_schedule.queue => true, v_schedule.queue
-- broken: v_schedule.queue, v_schedule.priority, v_schedule.namespace => 'default', 0, ''
-- broken: (v_version.definition ->> 'deadline_ms')::bigint * interval '1 millisecond' => null
-- broken: null, format('schedule %s', p_name)); => null, null);
-- broken: if p_skipped then => if true then
-- broken: look_at = coalesce(p_next, 'infinity') => look_at = p_next
-- broken: seq = default, problem = null => problem = null
-- broken: problem = null, triggered = '{}' => problem = problem, triggered = '{}'
-- broken: problem = null, triggered = '{}' => problem = null
-- broken: coalesce(p_times[cardinality(p_times)], s.last_at) => s.last_at
-- broken: coalesce(v_runs[cardinality(v_runs)], s.last_run) => s.last_run

-- case: a run for each time, with the schedule's input and all that it says; then the schedule waits for its next time
select stage.define(stage.definition() || '{"deadline_ms": 1500}');
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5', p_queue => 'q', p_priority => 7, p_namespace => 's');
update pgflow.schedule set problem = 'there was one';
create temporary table before as select seq from pgflow.schedule;
select stage.look();
create temporary table fired as select pgflow.fire_schedule(0, 'mine', seq, array[pgflow.now() - interval '2 h', pgflow.now() - interval '1 h'], null, null,
                                                            pgflow.now() + interval '1 h', false) as runs from pgflow.schedule;
select stage.name('first', runs[1]), stage.name('second', runs[2]) from fired;
select expect.rows('select id, input, checked, queue, priority, namespace, deadline_at - pgflow.now() from pgflow.run order by id = stage.run(''first'') desc',
    '[["first", 5, false, "q", 7, "s", "00:00:01.5"], ["second", 5, false, "q", 7, "s", "00:00:01.5"]]');
select expect.rows('select key, run_id from pgflow.key order by key',
    '[["schedule:mine:2030-01-15T10:00:00Z", "first"], ["schedule:mine:2030-01-15T11:00:00Z", "second"]]');
select expect.rows('select distinct kind, actor from pgflow.action', '[["start", "schedule mine"]]');
select expect.rows('select next_at - pgflow.now(), look_at = next_at, problem, pgflow.now() - last_at, last_run, s.seq > b.seq
                    from pgflow.schedule s cross join before b', '[["01:00:00", true, null, "01:00:00", "second", true]]');
select expect.rows('select kind from pgflow.schedule_event', '[["create"]]');

-- case: what is known by its number to be of another state does nothing
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
select stage.look();
select expect.yes(pgflow.fire_schedule(0, 'mine', seq - 1, array[pgflow.now()], null, null, null, false) is null, 'another state') from pgflow.schedule;
select expect.yes(pgflow.fire_schedule(0, 'other', 1, array[pgflow.now()], null, null, null, false) is null, 'another schedule');
select expect.touched();

-- case: the same time has one run, ever
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
select stage.name('a', (pgflow.fire_schedule(0, 'mine', seq, array[pgflow.now()], null, null, null, false))[1]) from pgflow.schedule;
select expect.yes((pgflow.fire_schedule(0, 'mine', seq, array[pgflow.now()], null, null, null, false))[1] = stage.run('a'), 'the same run') from pgflow.schedule;
select expect.rows('select next_at, look_at from pgflow.schedule', '[[null, "infinity"]]', 'it has no next time');

-- case: with inputs that were made for a version, which need not be the current one; and with what somebody has triggered
select stage.define();
select stage.define(p_hash => 'b');
select pgflow.create_schedule('mine', 'flow', '0 3 * * *');
select pgflow.trigger_schedule('mine');
create temporary table fired as select pgflow.fire_schedule(0, 'mine', s.seq, array[pgflow.now()], array['6', '7']::jsonb[],
    (select min(v.id) from pgflow.version v), pgflow.now() + interval '1 h', false) as runs from pgflow.schedule s;
select stage.name('due', runs[1]), stage.name('wanted', runs[2]) from fired;
select expect.rows('select id, input, checked, version_id = (select min(v.id) from pgflow.version v) from pgflow.run order by input::int',
    '[["due", 6, true, true], ["wanted", 7, true, true]]');
select expect.rows('select run_id from pgflow.key', '[["due"]]', 'what is triggered is another run each time');
select expect.rows('select triggered, last_run, last_at = pgflow.now() from pgflow.schedule', '[[[], "wanted", true]]');

-- case: nothing is due: it is moved on only, and what was last stays
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
update pgflow.schedule set last_at = pgflow.now() - interval '1 h', last_run = stage.run('gone');
select stage.look();
select expect.equal(pgflow.fire_schedule(0, 'mine', seq, '{}', null, null, pgflow.now() + interval '1 h', false), '{}'::uuid[], 'no runs') from pgflow.schedule;
select expect.touched('schedule');
select expect.rows('select next_at - pgflow.now(), pgflow.now() - last_at, last_run from pgflow.schedule', '[["01:00:00", "01:00:00", "gone"]]');

-- case: times that have no run are told
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
update pgflow.schedule set next_at = pgflow.now() - interval '1 day';
select pgflow.fire_schedule(0, 'mine', seq, '{}', null, null, pgflow.now() + interval '1 h', true) from pgflow.schedule;
select expect.rows('select reason, actor, (detail ->> ''from'')::timestamptz - pgflow.now(), (detail ->> ''until'')::timestamptz - pgflow.now()
                    from pgflow.schedule_event where kind = ''skip''', '[["no worker was there", "schedule mine", "-1 days", "01:00:00"]]');
update pgflow.schedule set next_at = pgflow.now() - interval '1 day';
select pgflow.fire_schedule(0, 'mine', seq, array[pgflow.now()], null, null, pgflow.now() + interval '1 h', true) from pgflow.schedule;
select expect.rows('select (detail ->> ''until'')::timestamptz - pgflow.now() from pgflow.schedule_event order by id desc limit 1', '[["00:00:00"]]');

-- case: an input that does not fit the current version is told, and nothing is started
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
select stage.define(stage.definition() || '{"input": {"type": "string"}}', 'b');
select stage.look();
select expect.yes(pgflow.fire_schedule(0, 'mine', seq, array[pgflow.now()], null, null, pgflow.now() + interval '1 h', false) is null, 'nothing') from pgflow.schedule;
select expect.touched('schedule');
select expect.rows('select problem, next_at, look_at - pgflow.now() from pgflow.schedule',
    '[["its input does not fit the workflow: `input` is of type number, and string is wanted", null, "00:01:00"]]');

-- case: other isolation levels are refused
-- isolation: serializable
select expect.throws($$select pgflow.fire_schedule(0, 'mine', 1, '{}', null, null, null, false)$$, '0A000', '%READ COMMITTED%');
