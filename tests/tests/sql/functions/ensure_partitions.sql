-- broken: 0 .. p_months - 1 => 0 .. p_months
-- broken: + interval '1 month') at time zone 'UTC') => + interval '28 days') at time zone 'UTC')
-- broken: continue when => continue when true or
-- broken: p_from at time zone 'UTC' => p_from at time zone 'Pacific/Auckland'

-- case: those of a month and the ones after it, of each table of history
select expect.equal(pgflow.ensure_partitions('2040-11-30 23:00Z', 3), 3 * cardinality(pgflow.history_tables()), 'how many');
select expect.rows($$select c.relname, pg_get_expr(c.relpartbound,
       c.oid) from pg_catalog.pg_class c where c.relname ~ '^run_20(40|41)' and c.relkind = 'r' order by 1$$,
    '[["run_2040_11", "FOR VALUES FROM (25872) TO (25902)"], ["run_2040_12", "FOR VALUES FROM (25902) TO (25933)"], ["run_2041_01", "FOR VALUES FROM (25933) TO (25964)"]]');
select expect.equal(array(select replace(c.relname, '_2040_12',
       '') from pg_catalog.pg_class c where c.relname ~ '_2040_12$' and c.relkind = 'r' order by 1),
                    array(select t from unnest(pgflow.history_tables()) t order by 1), 'the tables');

-- case: what there is stays
select pgflow.ensure_partitions('2040-11-01 00:00Z', 1);
select stage.look();
select expect.equal(pgflow.ensure_partitions('2040-11-15 00:00Z', 1), 0, 'the same month');
select expect.equal(pgflow.ensure_partitions('2040-11-15 00:00Z', 2), cardinality(pgflow.history_tables()), 'one more');
select expect.equal(pgflow.ensure_partitions('2050-01-01 00:00Z', 0), 0, 'none');
select expect.touched();

-- case: rows of a month go to its partition, others to the default one
select stage.define();
set local pgflow.fake_now = '2040-11-30 23:59:59.9Z';
select pgflow.ensure_partitions(pgflow.now(), 1);
select stage.start('a');
select stage.later('1 s');
select stage.start('b');
select expect.rows('select id, tableoid::regclass::text from pgflow.run order by id', '[["a", "pgflow.run_2040_11"], ["b", "pgflow.run_default"]]');

-- case: a month of which rows are in the default partition is refused
select stage.runs_of_flow('a');
select expect.throws('select pgflow.ensure_partitions(pgflow.now(), 1)', '23514', '%default partition%');
