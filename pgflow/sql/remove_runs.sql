select pgflow.remove_runs($1, $2, timestamptz 'epoch' + $3 * interval '1 microsecond')
