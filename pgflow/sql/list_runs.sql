-- Runs, the newest first, from after the cursor $5.
select run_id, workflow, version_id, namespace, status, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
       to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ended_at, crashes
from pgflow.runs
where ($1::uuid is null or run_id = $1)
  and ($2::text is null or workflow = $2)
  and ($3::text is null or status = $3)
  and ($4::text is null or namespace = $4)
  and ($5::uuid is null or run_id < $5)
order by run_id desc
limit $6
