select run_id, step, index, attempt, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as started_at, status
from pgflow.run_children($1)
