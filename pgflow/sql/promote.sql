select pgflow.promote($1, $2)
