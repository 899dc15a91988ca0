select run_id, result from pgflow.pause_runs($1, $2, $3, $4)
