select run_id, result from pgflow.cancel_runs($1, $2, $3, $4)
