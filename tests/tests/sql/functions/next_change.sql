-- broken: nextval('pgflow.dynamic_change') => currval('pgflow.dynamic_change')
-- broken: perform pg_advisory_xact_lock(hashtextextended('pgflow.dynamic_change', 0)); =>

-- case: each is larger than the one before, and whoever has one holds the others up
select expect.yes(pgflow.next_change() < pgflow.next_change(), 'the numbers');
select expect.rows($$select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()
                     and (classid::bigint << 32 | objid::bigint) = hashtextextended('pgflow.dynamic_change', 0)$$, '[[1]]', 'the lock');
