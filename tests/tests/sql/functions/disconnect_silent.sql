-- broken: if not pgflow.may_judge(p_bucket, p_worker) then => if false then
-- broken: pgflow.now() - w.beat_at > w.silence_limit => true
-- broken: and w.dead_at is null =>
-- broken: return pgflow.disconnect_workers( => return 0 * pgflow.disconnect_workers(

-- case: sessions of those that are silent, and of no others; by one that may judge
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4721)
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4722)
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4723)
insert into pgflow.worker (bucket, id, name, started_at, beat_at, steady_since, silence_limit, versions, queues, dead_at) overriding system value
select 0, id, name, pgflow.now(), beat, steady, '10 ms', '{}', '{}', dead
from (values (4720, 'judge', pgflow.now(), pgflow.now() - interval '1 h', null::timestamptz), (4721, 'silent', pgflow.now() - interval '11 ms',
       pgflow.now(), null),
             (4722, 'alive', pgflow.now() - interval '10 ms', pgflow.now() - interval '1 h', null), (4723, 'dead', pgflow.now() - interval '1 h',
                    pgflow.now(), pgflow.now()))
     w(id, name, beat, steady, dead);
select stage.look();
select expect.equal(pgflow.disconnect_silent(0, 4722), 0, 'by one that may not');
select expect.equal(pgflow.disconnect_silent(0, 4720), 1, 'by one that may');
select expect.touched();
