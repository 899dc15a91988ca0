select pgflow.fork_run($1, $2, $3, $4, $5, $6)
