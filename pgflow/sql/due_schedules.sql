-- Times in microseconds.
select name, seq, workflow, cron, timezone, catch_up, paused, stored, (extract(epoch from since) * 1000000)::bigint as since,
       (extract(epoch from next_at) * 1000000)::bigint as next_at, (extract(epoch from now) * 1000000)::bigint as now,
       array(select (extract(epoch from t) * 1000000)::bigint from unnest(triggered) t) as triggered
from pgflow.due_schedules($1, $2, $3)
