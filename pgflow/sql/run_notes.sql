select number, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, step, index, attempt, progress, message
from pgflow.run_notes($1, $2, $3)
