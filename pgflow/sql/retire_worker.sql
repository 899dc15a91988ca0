select pgflow.retire_worker($1, $2)
