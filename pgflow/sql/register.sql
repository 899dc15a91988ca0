select pgflow.register($1, $2, $3, $4)
