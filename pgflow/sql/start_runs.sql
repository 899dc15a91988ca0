select pgflow.start_runs($1, $2, $3, $4, $5, $6, $7, $8,
                         coalesce(timestamptz 'epoch' + $9 * interval '1 microsecond', pgflow.now() + $10 * interval '1 microsecond'),
                         $11 * interval '1 microsecond', $12, $13)
