-- broken: exit when not exists => exit when true or not exists
-- broken: continue when v_kept => continue when false
-- broken: e.ended_at >= k.since => e.ended_at > k.since
-- broken: order by 1 => order by 1 desc
-- broken: return replace(v_month, '_', '-') => return v_month
-- broken: r.parent_id is not null and not (period_of_run(r.parent_id) >= $2 => false and not (period_of_run(r.parent_id) >= $2
-- broken: where not (period_of_run(c.child_id) >= $2 => where false and not (period_of_run(c.child_id) >= $2
-- broken: and exists (select from run p where p.bucket = c.bucket and p.period = period_of_run(c.child_id) and p.id = c.child_id) => and true
-- broken: and exists (select from run p where p.bucket = r.bucket and p.period = period_of_run(r.parent_id) and p.id = r.parent_id) => and true

-- case: the oldest month of which nothing is to be kept, as a whole
do $$
declare
    v_name text;
begin
    for v_name in select c.relname from pg_catalog.pg_class c where c.relnamespace = 'pgflow'::regnamespace and c.relispartition and c.relkind = 'r' and c.relname ~ '_\d{4}_\d{2}$' loop
        execute format('drop table pgflow.%I', v_name);
    end loop;
end $$;
select pgflow.ensure_partitions('2030-01-01 00:00Z', 4);
select stage.define();
select stage.start('january', p_key => 'k'), stage.outcome('january', 0, '[1]'), stage.end('january', 'c');
set local pgflow.fake_now = '2030-02-15 12:00Z';
select stage.start('february'), stage.end('february', 'f');
set local pgflow.fake_now = '2030-03-15 12:00Z';
select stage.start('march'), stage.end('march', 'c');
set local pgflow.fake_now = '2030-06-01 00:00Z';
select expect.equal(pgflow.drop_month(), null, 'without retention');
select pgflow.set_retention(null, 'completed', '1 day');
select stage.look();
select expect.equal(pgflow.drop_month(), '2030-01', 'the first');
select expect.touched('run january', 'run_end january', 'outcome january');
select expect.equal(array(select c.relname::text from pg_catalog.pg_class c where c.relname ~ '_2030_01$'), '{}', 'tables of it');
select expect.rows('select key from pgflow.key', '[["k"]]', 'keys are forgotten later');
select expect.equal(pgflow.drop_month(), '2030-03', 'the third: of the second, what has failed is kept for ever');
select pgflow.set_retention(null, 'failed', '1000 days');
select expect.equal(pgflow.drop_month(), '2030-04', 'one without runs');
select expect.equal(pgflow.drop_month(), null, 'for long');
select pgflow.set_retention(null, 'failed', '0');
select expect.equal(pgflow.drop_month(), '2030-02', 'no longer');
select expect.equal(pgflow.drop_month(), null, 'nothing is left');

-- case: a month with a run that has not ended waits; so does one that is not over for long enough
do $$
declare
    v_name text;
begin
    for v_name in select c.relname from pg_catalog.pg_class c where c.relnamespace = 'pgflow'::regnamespace and c.relispartition and c.relkind = 'r' and c.relname ~ '_\d{4}_\d{2}$' loop
        execute format('drop table pgflow.%I', v_name);
    end loop;
end $$;
select pgflow.ensure_partitions('2030-01-01 00:00Z', 2);
select stage.define();
select stage.start('a'), stage.start('ended'), stage.end('ended', 'c');
select pgflow.set_retention(null, null, '10 days');
set local pgflow.fake_now = '2030-02-10 23:59Z';
select expect.equal(pgflow.drop_month(), null, 'not long enough');
set local pgflow.fake_now = '2030-02-11 00:01Z';
select expect.equal(pgflow.drop_month(), null, 'one has not ended');
select stage.end('a', 'c');
select expect.equal(pgflow.drop_month(), null, 'its end is to be kept');
set local pgflow.fake_now = '2030-02-21 00:01Z';
select expect.equal(pgflow.drop_month(), null, 'at its time');
set local pgflow.fake_now = '2030-02-21 00:01:01Z';
select expect.equal(pgflow.drop_month(), '2030-01', 'after it');

-- case: a family of two months stays, until the one of one month was removed with what descends from it
do $$
declare
    v_name text;
begin
    for v_name in select c.relname from pg_catalog.pg_class c where c.relnamespace = 'pgflow'::regnamespace and c.relispartition and c.relkind = 'r' and c.relname ~ '_\d{4}_\d{2}$' loop
        execute format('drop table pgflow.%I', v_name);
    end loop;
end $$;
select pgflow.ensure_partitions('2030-01-01 00:00Z', 2);
select stage.define();
select stage.start('a'), stage.start('b');
select stage.child('b', 'here', 0);
set local pgflow.fake_now = '2030-02-15 12:00Z';
select stage.child('a', 'there', 0);
select stage.end(n, 'c') from unnest('{a,b,here,there}'::text[]) n;
set local pgflow.fake_now = '2030-06-01 00:00Z';
select pgflow.set_retention(null, null, '1 day');
select expect.equal(pgflow.drop_month(), null, 'neither month');
select expect.equal(pgflow.remove_runs(0, stage.runs('a'), null), 2, 'as a family');
select expect.equal(pgflow.drop_month(), '2030-01', 'what is left is of this month');
select expect.equal(pgflow.drop_month(), '2030-02', 'and nothing of this one');

-- case: what is left of a family whose other part is gone goes
do $$
declare
    v_name text;
begin
    for v_name in select c.relname from pg_catalog.pg_class c where c.relnamespace = 'pgflow'::regnamespace and c.relispartition and c.relkind = 'r' and c.relname ~ '_\d{4}_\d{2}$' loop
        execute format('drop table pgflow.%I', v_name);
    end loop;
end $$;
select pgflow.ensure_partitions('2030-01-01 00:00Z', 2);
select stage.define();
select stage.start('a');
select stage.start('b');
set local pgflow.fake_now = '2030-02-15 12:00Z';
select stage.child('a', 'child without its parent', 0), stage.child('b', 'gone before its parent', 0);
select stage.end(n, 'c') from unnest('{a,b,child without its parent,gone before its parent}'::text[]) n;
delete from pgflow.run where id in (stage.run('a'), stage.run('gone before its parent'));
delete from pgflow.child where run_id = stage.run('a');
set local pgflow.fake_now = '2030-06-01 00:00Z';
select pgflow.set_retention(null, null, '1 day');
select expect.equal(pgflow.drop_month(), '2030-01', 'the parent of a child that is gone');
select expect.equal(pgflow.drop_month(), '2030-02', 'the child of a parent that is gone');
