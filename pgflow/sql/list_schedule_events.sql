select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, kind, actor, reason, detail
from pgflow.schedule_events
where schedule = $1
order by id
