select pgflow.take_versions($1, $2, $3)
