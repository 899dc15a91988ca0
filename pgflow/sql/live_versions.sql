select version, workflow, hash, live_runs, paused, waiting, to_char(oldest at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as oldest,
       examples, definition
from pgflow.live_versions($1)
