select pgflow.hold_schedule($1, $2, $3, $4)
