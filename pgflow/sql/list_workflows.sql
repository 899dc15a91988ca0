select id, name, dynamic, version, hash, versions, live_runs,
       to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), definition
from pgflow.list_workflows($1, $2, $3)
