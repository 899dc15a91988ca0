select number, signal, step, to_char(sent_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sent_at, sender, payload
from pgflow.run_signals($1)
order by number
