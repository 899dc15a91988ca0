-- case: those of versions that nobody can run, with how many have each
select pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}, {"name": "b", "handler": "x"}, {"name": "c", "handler": "x"}]}');
select pgflow.create_workflow('{"name": "v", "steps": [{"name": "a"}]}');
select stage.define();
select stage.start('one', 'w');
create function pg_temp.missing() returns jsonb
language sql as $$
    select coalesce(jsonb_agg(jsonb_build_array(m.workflow, m.version_id = stage.version(m.workflow), m.current, m.live_runs, m.handler, m.steps, m.workers) order by m.workflow, m.handler), '[]')
    from pgflow.missing_handlers m
$$;
select expect.equal(pg_temp.missing(), '[["v", true, true, 0, "a", ["a"], 0], ["w", true, true, 1, "a", ["a"], 0], ["w", true, true, 1, "x", ["b", "c"], 0]]', 'nobody is there');
select pgflow.register_worker(0, 'a', '1 s', '{}', '{default}', '{a}'), pgflow.register_worker(0, 'x', '1 s', '{}', '{default}', '{x}');
select expect.equal(pg_temp.missing(), '[["w", true, true, 1, "a", ["a"], 1], ["w", true, true, 1, "x", ["b", "c"], 1]]', 'nobody has all');
select pgflow.register_worker(0, 'all', '1 s', '{}', '{default}', '{a,b,x}');
select expect.equal(pg_temp.missing(), '[]', 'somebody has');
update pgflow.worker set dead_at = pgflow.now() where name in ('all', 'a');
select expect.equal(pg_temp.missing(), '[["v", true, true, 0, "a", ["a"], 0], ["w", true, true, 1, "a", ["a"], 0], ["w", true, true, 1, "x", ["b", "c"], 1]]', 'they are dead');

-- case: an older version counts while it has runs
select pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}]}');
select stage.start('one', 'w');
select pgflow.update_workflow('{"name": "w", "steps": [{"name": "b"}]}');
select expect.rows('select handler, current, live_runs from pgflow.missing_handlers order by 1', '[["a", false, 1], ["b", true, 0]]');
select pgflow.cancel_run(stage.run('one'));
select expect.rows('select handler from pgflow.missing_handlers', '[["b"]]', 'without its runs it does not');
