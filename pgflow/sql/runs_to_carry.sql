select run_id, step, index, output from pgflow.runs_to_carry($1, $2, $3, $4, $5, $6)
