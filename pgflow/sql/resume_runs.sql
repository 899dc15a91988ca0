select run_id, result from pgflow.resume_runs($1, $2, $3, $4)
