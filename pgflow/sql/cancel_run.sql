select pgflow.cancel_run($1, $2, $3)
