select pgflow.add_notes($1, $2, $3, $4, $5, $6, $7)
