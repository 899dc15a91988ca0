select pgflow.set_retention($1, $2, $3 * interval '1 microsecond')
