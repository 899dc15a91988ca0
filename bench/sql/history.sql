-- Runs of a chain of three that have ended, with all that such runs leave behind, as fast as they can be written.
-- $1: how many; $2: the version.
with made as (
    -- Ids grow with time, as those of real runs do; all are of today, the partition that the load writes to as well.
    select pgflow.new_run_id(pgflow.run_id_prefix(0, at)) as id, at
    from (
        select greatest(now() - interval '6 hours', date_trunc('day', now(), 'UTC'))
               + (now() - greatest(now() - interval '6 hours', date_trunc('day', now(), 'UTC'))) * n / $1::bigint as at
        from generate_series(0, $1::bigint - 1) n
        offset 0
    ) times
), placed as materialized (
    select id, at, pgflow.period_of_run(id) as period from made
), runs as (
    insert into pgflow.run (bucket, period, id, version_id, checked, priority, created_at, queue, namespace, input)
    select 0, period, id, $2, true, 0, at, 'default', '', '{"n": 12345}' from placed
), ends as (
    insert into pgflow.run_end (bucket, period, run_id, ended_at, status)
    select 0, period, id, at + interval '10 milliseconds', 'c' from placed
)
insert into pgflow.outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
select 0, period, id, -1, step, 1, 0, 0.05, at + interval '10 milliseconds', 'c', '{"n": 12345}'
from placed cross join generate_series(0, 2) step
