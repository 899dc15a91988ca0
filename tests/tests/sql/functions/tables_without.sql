-- broken: is null => is not null
-- broken: order by t.at => order by t.name
-- broken: '_YYYY_MM' => '_YYYY'

-- case: all of a month that has none, and none of one that has
select expect.equal(pgflow.tables_without('2040-11-01'), pgflow.history_tables(), 'none is there');
select pgflow.ensure_partitions('2040-11-15 00:00Z', 1);
select expect.equal(pgflow.tables_without('2040-11-01'), '{}', 'all are there');
select expect.equal(pgflow.tables_without('2040-12-01'), pgflow.history_tables(), 'those of the next month');

-- case: those that are missing
select pgflow.ensure_partitions('2040-11-15 00:00Z', 1);
drop table pgflow.outcome_2040_11;
drop table pgflow.action_2040_11;
select expect.equal(pgflow.tables_without('2040-11-01'), '{outcome,action}', 'in their order');
select expect.equal(pgflow.ensure_partitions('2040-11-15 00:00Z', 1), 2, 'they are made');
