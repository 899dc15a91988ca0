select pgflow.version_id($1, $2)
