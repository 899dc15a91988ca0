select pgflow.has_repeated($1, $2, $3, $4, $5, $6)
