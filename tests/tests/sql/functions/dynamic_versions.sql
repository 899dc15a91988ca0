-- broken: v.changed > p_known order => v.changed >= p_known order
-- broken: where v.changed is not null =>
-- broken: or x.place <= 20 => or x.place <= 1
-- broken: or x.id in (select l.version_id from live l) =>
-- broken: x.current or =>
-- broken: order by x.changed => order by x.changed desc

-- case: those that have changed since
create function pg_temp.put(p_step text) returns int
language sql as $$ select pgflow.store_workflow(jsonb_build_object('name', 'w', 'steps', jsonb_build_array(jsonb_build_object('name', p_step))), 'put') $$;
select stage.define();
select expect.rows('select * from pgflow.dynamic_versions(0)', '[]', 'none was made at run time');
select pg_temp.put('a'), pg_temp.put('b');
select expect.rows('select definition #>> ''{steps,0,name}'' from pgflow.dynamic_versions(0)', '[["a"], ["b"]]', 'all');
select expect.rows('select definition #>> ''{steps,0,name}'' from pgflow.dynamic_versions((select min(changed) from pgflow.version))', '[["b"]]', 'the later one');
select expect.rows('select * from pgflow.dynamic_versions((select max(changed) from pgflow.version))', '[]', 'none');

-- case: from the start, those that may have runs: the last twenty, those with runs, and the current one
create function pg_temp.put(p_step text) returns int
language sql as $$ select pgflow.store_workflow(jsonb_build_object('name', 'w', 'steps', jsonb_build_array(jsonb_build_object('name', p_step))), 'put') $$;
select pg_temp.put('a');
select stage.start('run', 'w');
select pg_temp.put(s || n) from generate_series(1, 25) n, unnest('{b}'::text[]) s order by n;
select expect.rows('select count(*), min(definition #>> ''{steps,0,name}'') from pgflow.dynamic_versions(0)', '[[21, "a"]]', 'twenty, and that of the run');
select pg_temp.put('b1');
select expect.rows('select count(*) from pgflow.dynamic_versions(0)', '[[22]]', 'and the current one');
