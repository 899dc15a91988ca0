-- All schedules, or the one of a name.
select name, workflow, cron, timezone, catch_up, declared, paused,
       to_char(next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as next_at,
       to_char(last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as last_at, last_run, problem, input, queue, priority, namespace,
       to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
from pgflow.schedules
where $1::text is null or name = $1
order by name
