select pgflow.delete_schedule($1, $2, $3)
