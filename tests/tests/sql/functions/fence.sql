-- broken: and dead_at is null for key share => for key share
-- broken: for key share => 
-- broken: pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), p_worker) => pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), 0)
-- broken: bucket = p_bucket and =>

-- case: a worker that lives passes, and cannot be declared dead until the end of the transaction
set local search_path = pgflow, pg_temp;
select stage.worker(), stage.worker('other');
select stage.look();
select expect.yes(pgflow.fence(0, stage.w()), 'it passes');
select expect.touched();
select expect.rows('select name, xmax::text <> ''0'' from pgflow.worker order by name', '[["other", false], ["w", true]]', 'who is locked');
select expect.rows($$select l.mode, l.classid::bigint = hashtext('pgflow.worker')::bigint & x'ffffffff'::bigint, l.objid::bigint = stage.w()
                     from pg_catalog.pg_locks l where l.locktype = 'advisory' and l.pid = pg_backend_pid()$$, '[["ShareLock", true, true]]',
                   'what tells recovery who acts for it');

-- case: one that is dead, unknown, or of another bucket does not
set local search_path = pgflow, pg_temp;
select stage.worker(), stage.worker('dead');
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select expect.throws($$select pgflow.fence(0, stage.w('dead'))$$, 'PF001', 'worker % counts as dead: its runs have been handed on');
select expect.throws($$select pgflow.fence(0, 0)$$, 'PF001', 'worker 0 counts as dead: its runs have been handed on');
select expect.throws($$select pgflow.fence(1, stage.w())$$, 'PF001', 'worker % counts as dead%');
select expect.throws($$select pgflow.fence(null, stage.w())$$, 'PF001', 'worker % counts as dead%');
