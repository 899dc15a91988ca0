select pgflow.register_worker($1, $2, make_interval(secs => $3), $4, $5, $6)
