-- broken: pg_terminate_backend(l.pid) => l.pid > 0 and false
-- broken: and l.objid::bigint = any(p_workers::bigint[]) =>
-- broken: and l.pid <> pg_backend_pid() => and l.pid = pg_backend_pid()

-- case: a session that acts for a worker is ended; those that act for others are not, nor is that of the caller
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4711)
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4712)
select pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 4711);
select stage.look();
select expect.equal(pgflow.disconnect_workers('{4713}'), 0, 'one that nobody acts for');
select expect.equal(pgflow.disconnect_workers('{}'), 0, 'of none');
select expect.equal(pgflow.disconnect_workers('{4711,4713}'), 1, 'how many were ended');
select expect.touched();

-- case: another lock of the same number tells nothing
-- beside: select pg_advisory_xact_lock_shared(hashtext('pgflow.other'), 4714)
-- beside: select pg_advisory_xact_lock_shared(4714)
select expect.equal(pgflow.disconnect_workers('{4714}'), 0, 'how many were ended');
