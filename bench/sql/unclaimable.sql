-- Runs that wait, and that the worker may not take: of another queue, of a later time, of a version that it does not have.
-- $1: how many; $2: the version that it has.
with made as materialized (
    select pgflow.new_run_id(pgflow.run_id_prefix(0, now())) as id, n % 3 as sort, pgflow.period_of(now()) as period
    from generate_series(1, $1::bigint) n
), runs as (
    insert into pgflow.run (bucket, period, id, version_id, checked, priority, created_at, queue, namespace, input)
    select 0, period, id, case sort when 2 then 1000000 else $2 end, true, 0, now(), case sort when 0 then 'another' else 'default' end, '',
           '{"n": 1}'
    from made
)
insert into pgflow.ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
select 0, id, period, case sort when 2 then 1000000 else $2 end, 0, case sort when 1 then now() + interval '1 day' else now() end, sort <> 1, true,
       case sort when 0 then 'another' else 'default' end, ''
from made
