select pgflow.start_claimed($1, $2, $3, $4, $5, $6, $7, $8, $9 * interval '1 microsecond')
