select pgflow.pause_schedule($1, $2, $3)
