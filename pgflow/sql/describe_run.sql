select run_id, workflow, version_id, namespace, status, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
       to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ended_at, crashes, last_message, parent_id
from pgflow.describe_runs(array[$1::uuid])
