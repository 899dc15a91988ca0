select pgflow.page_of_runs($1, $2, $3, $4, $5, $6)
