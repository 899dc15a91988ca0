select pgflow.forget_keys($1, $2)
