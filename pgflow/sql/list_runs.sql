-- A page of runs, the newest first, from after the cursor $5.
select run_id, workflow, version_id, namespace, status, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
       to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ended_at, crashes, last_message, parent_id
from pgflow.describe_runs(pgflow.page_of_runs($1, $2, $3, $4, $5, $6))
