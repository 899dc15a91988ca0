select pgflow.trigger_schedule($1, $2, $3)
