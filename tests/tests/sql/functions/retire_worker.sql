-- broken: stopped = true => stopped = false
-- broken: if not found then => if false then
-- broken: perform pgflow.disconnect_workers(array[p_worker]); => null;
-- broken: exit when not v_handed.more => exit when true

-- case: what it owns goes back to the queue, however much, and nothing has crashed
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4731)
select stage.runs_of_flow('a', 'b', 'theirs');
insert into pgflow.worker (bucket, id, name, started_at, beat_at, steady_since, silence_limit, versions, queues) overriding system value
values (0, 4731, 'w', pgflow.now(), pgflow.now(), pgflow.now(), '6 s', '{}', '{}');
select stage.worker('other');
select stage.own('w', 'a', 'b'), stage.own('other', 'theirs');
insert into pgflow.claim select 0, 4731, n, pgflow.now(), '{}' from generate_series(10, 250) n;
select stage.task('theirs', 1, 0, p_worker => 'w'), stage.mark('a', 1, 0, 'w', p_alone => true);
select stage.look();
select expect.equal(pgflow.retire_worker(0, stage.w()), 2, 'runs that are handed on');
select expect.touched('worker', 'claim', 'ready a', 'ready b', 'task theirs', 'mark a');
select expect.rows('select name, dead_at = pgflow.now(), stopped from pgflow.worker order by name', '[["other", null, false], ["w", true, true]]');
select expect.rows('select stage.readable(run_id::text), due, fresh from pgflow.ready order by 1', '[["a", true, false], ["b", true, false]]');
select expect.rows('select sum(crashes) from pgflow.run', '[[0]]');
select expect.rows('select runs from pgflow.claim', '[[["theirs"]]]');
select expect.rows('select count(*) from pg_catalog.pg_locks where locktype = ''advisory'' and objid = 4731 and pid <> pg_backend_pid()', '[[0]]',
       'sessions that act for it');
select expect.sound();
select expect.equal(pgflow.retire_worker(0, stage.w()), 0, 'once more');
select expect.touched();

-- case: one that is unknown, or has died, hands on nothing
select stage.runs_of_flow('a');
select stage.worker();
select stage.own('w', 'a');
update pgflow.worker set dead_at = pgflow.now();
select stage.look();
select expect.equal(pgflow.retire_worker(0, stage.w()), 0, 'a dead one');
select expect.equal(pgflow.retire_worker(0, 0), 0, 'an unknown one');
select expect.touched();
