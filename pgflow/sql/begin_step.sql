select pgflow.begin_step($1, $2, $3)
