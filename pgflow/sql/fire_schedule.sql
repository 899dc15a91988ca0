-- Times in microseconds.
select pgflow.fire_schedule($1, $2, $3,
                            array(select timestamptz 'epoch' + t.at * interval '1 microsecond' from unnest($4::bigint[]) with ordinality t(at, place)
                                  order by t.place),
                            $5, $6, timestamptz 'epoch' + $7::bigint * interval '1 microsecond', $8)
