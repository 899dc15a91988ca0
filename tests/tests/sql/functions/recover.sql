-- broken: if pgflow.may_judge(p_bucket, p_worker) then => if true then
-- broken: v_now - w.beat_at > w.silence_limit => true
-- broken: not g.id = any(v_stopped) as crashed => true as crashed
-- broken: (d.crashed and d.running and m.alone)::int => (d.crashed and d.running)::int
-- broken: suspect or (d.crashed and d.running) => suspect or d.crashed
-- broken: a.number >= k.attempt => a.number > k.attempt
-- broken: (not t.worker_id = any(v_stopped))::int => 1
-- broken: set worker_id = null, cancelled = null => set worker_id = null
-- broken: and q.run_id = t.run_id and q.paused) => and false)
-- broken: set crashes = least(r.crashes + 1, 32767) => set crashes = 0
-- broken: filter (where not f.worker_id = any(v_stopped)) =>
-- broken: tasks >= p_limit or coalesce(cardinality(v_claims), 0) >= p_limit => false
-- broken: c.worker_id = d.worker_id and c.number = d.number => c.number = d.number
-- broken: q.run_id = t.run_id and q.paused => q.paused

-- case: silent workers are dead, and what they own is handed on; what the living own stays
select stage.runs_of_flow('a', 'b', 'alive', 'tasks');
select stage.worker('judge'), stage.worker('silent'), stage.worker('alive');
update pgflow.worker set steady_since = pgflow.now() - interval '1 h' where name = 'judge';
update pgflow.worker set beat_at = pgflow.now() - interval '11 ms' where name = 'silent';
update pgflow.worker set beat_at = pgflow.now() - interval '10 ms' where name = 'alive';
select stage.own('silent', 'a', 'b'), stage.own('alive', 'alive'), stage.task('tasks', 1, 0, p_worker => 'silent'), stage.task('tasks', 1, 1,
       p_worker => 'alive'), stage.task('tasks', 1, 2);
update pgflow.task set cancelled = '{0}' where first = 0;
select stage.look();
select expect.rows('select * from pgflow.recover(0, stage.w(''alive''), 100)', '[[0, 0, 0, false]]', 'by one that may not judge');
select expect.touched();
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 100)', '[[1, 2, 1, false]]', 'by one that may');
select expect.touched('worker', 'claim', 'ready a', 'ready b', 'run a', 'run b', 'task tasks');
select expect.rows('select name, dead_at = pgflow.now(), stopped from pgflow.worker order by name',
       '[["alive", null, false], ["judge", null, false], ["silent", true, false]]');
select expect.rows($$select due, fresh, paused, available_at = pgflow.now() from pgflow.ready where run_id = any(stage.runs('a', 'b'))$$,
       '[[true, false, false, true], [true, false, false, true]]');
select expect.rows('select stage.readable(id::text), crashes from pgflow.run order by 1', '[["a", 1], ["alive", 0], ["b", 1], ["tasks", 0]]',
       'who has crashed');
select expect.rows('select first, worker_id = stage.w(''alive''), crashes, cancelled from pgflow.task order by first',
       '[[0, null, 1, null], [1, true, 0, null], [2, null, 0, null]]');
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 100)', '[[0, 0, 0, false]]', 'again');
select expect.sound();

-- case: what is marked is suspected, where it was under way; where nothing ran beside it, it has a crash to its account
select stage.runs_of_flow('a');
select stage.worker('judge'), stage.worker('dead'), stage.worker('alive');
select stage.mark('a', 1, 0, 'dead'), stage.mark('a', 1, 1, 'dead', p_alone => true, p_crashes => 1), stage.mark('a', 1, 2, 'dead', p_alone => true),
       stage.outcome('a', 1, '1', 2),
       stage.mark('a', 1, 3, 'dead', p_attempt => 2), stage.attempt('a', 1, 2, 3), stage.mark('a', 1, 4, 'dead', p_attempt => 2, p_alone => true),
              stage.attempt('a', 1, 1, 4),
       stage.mark('a', 1, 5, 'alive', p_alone => true), stage.mark('a', 1, 6, 'dead', p_suspect => true), stage.outcome('a', 1, '1', 6);
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select pgflow.recover(0, stage.w('judge'), 100);
select expect.rows('select index, suspect, crashes, worker_id = stage.w(''alive'') from pgflow.mark order by index',
    '[[0, true, 0, null], [1, true, 2, null], [2, false, 0, null], [3, false, 0, null], [4, true, 1, null], [5, false, 0, true], [6, true, 0, null]]');

-- case: one that has stopped in order has not crashed
select stage.runs_of_flow('a', 'tasks');
select stage.worker('judge'), stage.worker('dead');
select stage.own('dead', 'a'), stage.task('tasks', 1, 0, p_worker => 'dead'), stage.mark('a', 1, 0, 'dead', p_alone => true);
update pgflow.worker set dead_at = pgflow.now(), stopped = true where name = 'dead';
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 100)', '[[0, 1, 1, false]]');
select expect.rows('select sum(crashes) from pgflow.run', '[[0]]');
select expect.rows('select crashes from pgflow.task', '[[0]]');
select expect.rows('select suspect, crashes, worker_id from pgflow.mark', '[[false, 0, null]]');

-- case: tasks of a run that is paused wait with it
select stage.runs_of_flow('a');
select stage.worker('judge'), stage.worker('dead');
select stage.park('a'), stage.task('a', 1, 0, p_worker => 'dead'), stage.task('a', 1, 1, p_worker => 'judge'), pgflow.pause_run(stage.run('a'));
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 100)', '[[0, 0, 1, false]]');
select expect.rows('select first from pgflow.task', '[[1]]');
select expect.rows('select remaining from pgflow.share', '[[1]]');
select expect.sound();

-- case: at most so many claims and tasks a call, and then more
select stage.runs_of_flow('a', 'b', 'tasks');
select stage.worker('judge'), stage.worker('dead');
select stage.own('dead', 'a'), stage.own('dead', 'b'), stage.task('tasks', 1, n, p_worker => 'dead') from generate_series(1, 2) n where n = 1;
select stage.task('tasks', 1, 2, p_worker => 'dead');
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 1)', '[[0, 1, 1, true]]');
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 1)', '[[0, 1, 1, true]]', 'again');
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 1)', '[[0, 0, 0, false]]', 'at last');
select expect.sound();

-- case: a claim of a living worker with the number of a dead one's stays; so do tasks beside a run that is paused
select stage.runs_of_flow('theirs', 'mine', 'tasks', 'paused');
select stage.worker('judge'), stage.worker('dead');
insert into pgflow.claim values (0, stage.w('dead'), 5, pgflow.now(), stage.runs('theirs')), (0, stage.w('judge'), 5, pgflow.now(), stage.runs('mine'));
delete from pgflow.ready where run_id = any(stage.runs('theirs', 'mine'));
select stage.task('tasks', 1, 0, p_worker => 'dead'), pgflow.pause_run(stage.run('paused'));
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select expect.rows('select * from pgflow.recover(0, stage.w(''judge''), 100)', '[[0, 1, 1, false]]');
select expect.rows('select runs from pgflow.claim', '[[["mine"]]]');
select expect.rows('select first from pgflow.task', '[[0]]');
