-- broken: / 86400000 => / 86400001
-- broken: substr(p_run::text, 10, 4) => '0000'

-- case: the day of its start, since 1970
select expect.equal(pgflow.period_of_run('00000000-0000-7000-8000-000000000000'), 0, 'the first day');
select expect.equal(pgflow.period_of_run(pgflow.new_run_id(pgflow.run_id_prefix(0, '1970-01-01 23:59:59.999Z'))), 0, 'its end');
select expect.equal(pgflow.period_of_run(pgflow.new_run_id(pgflow.run_id_prefix(0, '1970-01-02 00:00Z'))), 1, 'the second day');
select expect.equal(pgflow.period_of_run(pgflow.new_run_id(pgflow.run_id_prefix(0, '2030-01-15 12:00Z'))), 21929, 'some day');
select expect.equal(pgflow.period_of_run(null), null, 'of no run');

-- case: it is that of the time of the id, at each edge of a day
select expect.equal(pgflow.period_of_run(pgflow.new_run_id(pgflow.run_id_prefix(0, t))), pgflow.period_of(t), t::text)
from generate_series(timestamptz '2030-01-01 00:00Z', '2030-12-31 00:00Z', interval '1 day') d(day),
     lateral (values (day), (day + interval '1 ms'), (day - interval '1 ms')) x(t);

-- case: an id that no run of this engine has gives some period, and fails nobody
select expect.yes(pgflow.period_of_run('ffffffff-ffff-ffff-ffff-ffffffffffff') > 3000000, 'the last id');
select expect.equal(pgflow.period_of_run('00000000-0000-0000-0000-000000000000'), 0, 'the first id');
