-- broken: 0 .. p_months - 1 => 0 .. p_months
-- broken: + interval '1 month') at time zone 'UTC') => + interval '28 days') at time zone 'UTC')
-- broken: continue when => continue when true or
-- broken: v_rows > 10000 or => false or
-- broken: v_rows := v_rows + v_count => v_rows := v_count
-- broken: continue when v_rows > 10000 => exit when v_rows > 10000
-- broken: period >= %s and period < %s returning => period > %s and period < %s returning
-- broken: insert into %I select * from moved => insert into %I select * from moved where false
-- broken: (like %I including all) => (like %I)
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

-- case: rows of a month that are in the default partition are moved to its own, all of them
select stage.define();
set local pgflow.fake_now = '2040-10-31 23:59:59Z';
select stage.start('before');
set local pgflow.fake_now = '2040-11-01 00:00Z';
select stage.start('first', p_key => 'k');
select stage.outcome('first', 0, '[1, 2]'), stage.attempt('first', 1, 1, 0), stage.map('first', 1, 2), pgflow.pause_run(stage.run('first')),
       pgflow.add_notes(0, stage.runs('first'), '{0}', '{-1}', '{1}', '{1}', '{x}'),
       stage.signal('first', 1, '1'), stage.repeat('first', 1, 0);
set local pgflow.fake_now = '2040-11-30 23:59:59Z';
select stage.start('last'), stage.end('last', 'c');
set local pgflow.fake_now = '2040-12-01 00:00Z';
select stage.start('after');
select stage.look();
select expect.equal(pgflow.ensure_partitions('2040-11-15 00:00Z', 1), cardinality(pgflow.history_tables()), 'how many');
select expect.touched();
select expect.rows('select id, tableoid::regclass::text from pgflow.run order by id',
    '[["before", "pgflow.run_default"], ["first", "pgflow.run_2040_11"], ["last", "pgflow.run_2040_11"], ["after", "pgflow.run_default"]]');
select expect.rows('select tableoid::regclass::text from pgflow.note union all select tableoid::regclass::text from pgflow.run_end
                    union all select tableoid::regclass::text from pgflow.outcome
                    union all select tableoid::regclass::text from pgflow.signal union all select tableoid::regclass::text from pgflow.repeat',
                   '[["pgflow.note_2040_11"], ["pgflow.run_end_2040_11"], ["pgflow.outcome_2040_11"], ["pgflow.signal_2040_11"], ["pgflow.repeat_2040_11"]]', 'what else is kept of them');
select expect.rows($$select pg_catalog.pg_get_indexdef(x.indexrelid) from pg_catalog.pg_index x where x.indrelid = 'pgflow.run_2040_11'::regclass
                     except select replace(pg_catalog.pg_get_indexdef(x.indexrelid), 'run_default', 'run_2040_11') from pg_catalog.pg_index x
                     where x.indrelid = 'pgflow.run_default'::regclass$$, '[]', 'its indexes are those of the others');
select expect.rows($$select count(*) from pg_catalog.pg_inherits i join pg_catalog.pg_index x on x.indexrelid = i.inhrelid
                     where x.indrelid = 'pgflow.run_2040_11'::regclass$$,
                   (select jsonb_build_array(jsonb_build_array(count(*))) from pg_catalog.pg_index where indrelid = 'pgflow.run'::regclass),
                   'and belong to those of the whole');
select stage.later('-5 days');
select stage.start('second');
select expect.rows('select tableoid::regclass::text from pgflow.run where id = stage.run(''second'')', '[["pgflow.run_2040_11"]]', 'more of it');
select expect.sound();

-- case: a month of which much is in the default partition is passed over, and others are made; once little is left it is made as well
select stage.runs_of_flow('a');
insert into pgflow.note (bucket, period, run_id, at, step, index, attempt)
select 0, stage.period('a'), stage.run('a'), pgflow.now(), 0, -1, 1 from generate_series(1, 10000);
select stage.look();
select expect.equal(pgflow.ensure_partitions(pgflow.now(), 2), cardinality(pgflow.history_tables()), 'the month after it');
select expect.touched();
select expect.equal(to_regclass('pgflow.note_2030_01')::text, null, 'the month');
select expect.yes(to_regclass('pgflow.note_2030_02') is not null and to_regclass('pgflow.run_2030_02') is not null, 'the month after it');
delete from pgflow.note where number = (select min(n.number) from pgflow.note n);
select expect.equal(pgflow.ensure_partitions(pgflow.now(), 2), cardinality(pgflow.history_tables()), 'with less');
select expect.rows('select tableoid::regclass::text, count(*) from pgflow.note group by 1', '[["pgflow.note_2030_01", 9999]]');

-- case: somebody who reads is not waited for for long
-- beside: select count(*) from pgflow.run
select expect.throws($$select pgflow.ensure_partitions('2040-11-15 00:00Z', 1)$$, '55P03', '%lock timeout%');
-- Where nothing is to be made, nothing is waited for.
select expect.equal(pgflow.ensure_partitions(now(), 1), 0, 'this month');
