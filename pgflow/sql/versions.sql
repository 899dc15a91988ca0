select version, workflow, hash, current, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), live_runs, definition
from pgflow.versions($1)
