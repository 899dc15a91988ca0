select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, kind, step, index, attempt, worker_id, actor, reason, detail
from pgflow.run_events($1)
