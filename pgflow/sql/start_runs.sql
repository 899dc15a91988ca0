select pgflow.start_runs($1, $2, $3, $4, $5, $6, $7, $8)
