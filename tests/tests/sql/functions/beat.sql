-- broken: 'synchronous_commit', 'off' => 'synchronous_commit', 'on'
-- broken: when v_now - beat_at > silence_limit / 2 then v_now else => when false then v_now else
-- broken: when v_now - beat_at > silence_limit / 2 then v_now else => when true then v_now else
-- broken: and id = p_worker and dead_at is null; => and id = p_worker;
-- broken: count(*) filter (where w.dead_at is null) => count(*)
-- broken: v_now - w.beat_at > w.silence_limit => v_now - w.beat_at > interval '1 day'
-- broken: from task t where t.bucket = w.bucket and t.worker_id = w.id) => from task t where false)
-- broken: and not due and not paused and available_at < 'infinity' => and not due and available_at < 'infinity'
-- broken: and i.kind <> 's' =>
-- broken: c.worker_id = p_worker and i.run_id = any(c.runs) => i.run_id = any(c.runs)
-- broken: greatest(ceil(extract(epoch from v_next - v_now) * 1000), 0) => ceil(extract(epoch from v_next - v_now) * 1000)
-- broken: from errand x where x.bucket = p_bucket => from errand x where false
-- broken: from errand x where x.bucket = p_bucket => from errand x where true
-- broken: s.look_at < 'infinity' => true
-- broken: select min(s.look_at) => select max(s.look_at)

-- case: a sign of life, and no more
set local synchronous_commit = on;
select stage.worker('w', '10 s'), stage.worker('other', '10 s');
select stage.later('4 s');
select stage.look();
select expect.rows('select * from pgflow.beat(0, stage.w())', '[[true, 2, false, null, [], false, null]]');
select expect.touched('worker');
select expect.rows('select name, pgflow.now() - beat_at, pgflow.now() - steady_since, pgflow.now() - started_at from pgflow.worker order by name',
    '[["other", "00:00:04", "00:00:04", "00:00:04"], ["w", "00:00:00", "00:00:04", "00:00:04"]]');
select expect.equal(current_setting('synchronous_commit'), 'off', 'nothing is promised');

-- case: one that comes late judges nobody for a while
select stage.worker('w', '10 s');
select stage.later('5001 ms');
select pgflow.beat(0, stage.w());
select expect.rows('select pgflow.now() - steady_since from pgflow.worker', '[["00:00:00"]]');

-- case: one that is dead or unknown is told so, and stays dead
select stage.worker('dead'), stage.worker('w');
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select stage.later('1 ms');
select stage.look();
select expect.rows('select alive, fleet, troubled from pgflow.beat(0, stage.w(''dead''))', '[[false, 1, false]]', 'a dead one');
select expect.rows('select alive, fleet from pgflow.beat(0, 0)', '[[false, 1]]', 'an unknown one');
select expect.touched();

-- case: trouble is a worker that is silent, or a dead one that owns something
select stage.runs_of_flow('a', 'b');
select stage.worker('w', '10 s'), stage.worker('silent', '1 s');
select stage.later('1 s');
select expect.rows('select troubled from pgflow.beat(0, stage.w())', '[[false]]', 'at the limit');
select stage.later('1 ms');
select expect.rows('select troubled from pgflow.beat(0, stage.w())', '[[true]]', 'beyond it');
update pgflow.worker set dead_at = pgflow.now() where name = 'silent';
select expect.rows('select troubled, fleet from pgflow.beat(0, stage.w())', '[[false, 1]]', 'it is dead, and owns nothing');
select stage.own('silent', 'a');
select expect.rows('select troubled from pgflow.beat(0, stage.w())', '[[true]]', 'it owns a run');
delete from pgflow.claim;
select stage.task('b', 1, 0, p_worker => 'silent');
select expect.rows('select troubled from pgflow.beat(0, stage.w())', '[[true]]', 'it has a task');

-- case: when the next of what waits for a time is due; what is paused or waits for ever does not count
select stage.runs_of_flow('a', 'ever', 'paused', 'tasks');
select stage.worker('w', '10 s');
select stage.park('a', '5500 ms'), stage.park('ever'), stage.park('paused', '1 s'), pgflow.pause_run(stage.run('paused'));
select expect.rows('select due_ms from pgflow.beat(0, stage.w())', '[[5500]]', 'of runs');
select stage.task('tasks', 1, 0, p_due => false, p_available => '2 s'), stage.task('tasks', 1, 1, p_available => '1 s');
select expect.rows('select due_ms from pgflow.beat(0, stage.w())', '[[2000]]', 'of tasks');
select stage.later('3 s');
select expect.rows('select due_ms from pgflow.beat(0, stage.w())', '[[0]]', 'it is over');

-- case: runs of its own of which somebody wants something
select stage.runs_of_flow('a', 'b', 'theirs', 'queued', 'quiet');
select stage.worker(), stage.worker('other');
select stage.own('w', 'a', 'quiet'), stage.own('w', 'b'), stage.own('other', 'theirs'), stage.message('a', 'x'), stage.message('a', 'p'),
       stage.message('b', 's'),
       stage.message('theirs', 'x'), stage.message('queued', 'x');
select expect.rows('select called from pgflow.beat(0, stage.w())', '[[["a"]]]');

-- case: whether something is to be said within families of runs
select stage.runs_of_flow('a');
select stage.worker();
select expect.rows('select errands from pgflow.beat(0, stage.w())', '[[false]]');
select stage.errand('a', 'e');
select expect.rows('select errands from pgflow.beat(0, stage.w())', '[[true]]');
select expect.rows('select errands from pgflow.beat(1, stage.w())', '[[false]]', 'in another bucket');

-- case: when a schedule is to be looked at; one that is paused does not count
select stage.define();
select stage.worker();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5'), pgflow.create_schedule('other', 'flow', '0 3 * * *', p_input => '5'),
       pgflow.create_schedule('paused', 'flow', '0 3 * * *', p_input => '5'), pgflow.pause_schedule('paused');
select expect.rows('select schedule_ms, due_ms from pgflow.beat(0, stage.w())', '[[0, null]]', 'at once');
update pgflow.schedule set look_at = pgflow.now() + case name when 'mine' then interval '1500 ms' else interval '2 s' end where not paused;
select expect.rows('select schedule_ms from pgflow.beat(0, stage.w())', '[[1500]]', 'the first');
select stage.later('1 min');
select expect.rows('select schedule_ms from pgflow.beat(0, stage.w())', '[[0]]', 'it is over');
delete from pgflow.schedule where not paused;
select expect.rows('select schedule_ms from pgflow.beat(0, stage.w())', '[[null]]', 'none');
