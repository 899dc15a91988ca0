select array(
    select pgflow.start_run($1, i.input, $3, $4, $5, $6,
                            coalesce(timestamptz 'epoch' + $7 * interval '1 microsecond', pgflow.now() + $8 * interval '1 microsecond'),
                            $9 * interval '1 microsecond', $10, $11 * interval '1 microsecond', $12, $13)
    from unnest($2::jsonb[]) with ordinality i(input, at) order by i.at)
