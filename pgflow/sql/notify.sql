-- Wakes listeners. Never in a transaction that writes: a commit with a notification takes a lock that all of them share.
select pg_notify($1, $2)
