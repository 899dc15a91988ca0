select pgflow.resume_run($1, $2, $3)
