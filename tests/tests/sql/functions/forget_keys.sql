-- broken: k.run_id < v_first => true
-- broken: r.period = period_of_run(k.run_id) and r.id = k.run_id) => false)
-- broken: r.period = period_of_run(l.run_id) and r.id = l.run_id) => false)
-- broken: return v_gone + v_latest => return v_gone

-- case: keys of runs that are older than all months, and gone
select stage.define();
set local pgflow.fake_now = '2020-01-15 12:00Z';
select stage.name('old ' || n, pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now()))) from generate_series(1, 3) n;
select stage.start('there', p_key => 'there');
insert into pgflow.key select 0, w.id, n, stage.run(n) from pgflow.workflow w, unnest('{old 1,old 2,old 3}'::text[]) n;
insert into pgflow.latest select 0, w.id, n, stage.run(n) from pgflow.workflow w, unnest('{old 1,old 2,there}'::text[]) n;
set local pgflow.fake_now = '2100-01-15 12:00Z';
select stage.name('young', pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now())));
insert into pgflow.key select 0, w.id, 'young', stage.run('young') from pgflow.workflow w;
select stage.look();
select expect.equal(pgflow.forget_keys(0, 2), 4, 'at most two of each');
select expect.touched('key', 'latest');
select expect.equal(pgflow.forget_keys(0, 2), 1, 'the rest');
select expect.equal(pgflow.forget_keys(0, 2), 0, 'none');
select expect.rows('select key from pgflow.key order by 1', '[["there"], ["young"]]');
select expect.rows('select key from pgflow.latest order by 1', '[["there"]]');
