select pgflow.start_latest($1, $2, $3, $4, $5 * interval '1 microsecond', $6, $7, $8, $9,
                           coalesce(timestamptz 'epoch' + $10 * interval '1 microsecond', pgflow.now() + $11 * interval '1 microsecond'),
                           $12 * interval '1 microsecond', $13, $14)
