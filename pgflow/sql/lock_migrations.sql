-- Migrators wait for each other, for as long as the caller's lock_timeout says.
select pg_advisory_xact_lock(hashtextextended('pgflow.migrate', 0))
