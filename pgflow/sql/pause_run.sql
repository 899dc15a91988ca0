select pgflow.pause_run($1, $2, $3)
