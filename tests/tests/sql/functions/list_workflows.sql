-- broken: order by w.id desc => order by w.id
-- broken: w.id < p_after => w.id > p_after
-- broken: limit p_limit => limit 100
-- broken: case when p_name is not null then => case when true then
-- broken: v.id = w.current_version => v.workflow_id = w.id

-- case: the newest first, some at a time; or one by its name, with its runs
select stage.define();
select pgflow.create_workflow('{"name": "v", "steps": [{"name": "a"}]}'), pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}]}');
select pgflow.update_workflow('{"name": "v", "steps": [{"name": "b"}]}');
select stage.start('a', 'v');
select expect.rows('select name, dynamic, version = stage.version(name), versions, live_runs, created_at = pgflow.now(), updated_at = pgflow.now(), hash is not null
                    from pgflow.list_workflows()',
    '[["w", true, true, 1, null, true, true, true], ["v", true, true, 2, null, true, true, true], ["flow", false, true, 1, null, true, true, true]]');
select expect.rows('select name from pgflow.list_workflows(p_limit => 2)', '[["w"], ["v"]]', 'a page');
select expect.rows('select name from pgflow.list_workflows(null, (select id from pgflow.workflow where name = ''v''), 2)', '[["flow"]]', 'the next one');
select expect.rows('select name, live_runs, definition #>> ''{steps,0,name}'' from pgflow.list_workflows(''v'')', '[["v", 1, "b"]]', 'by its name');
select expect.rows('select * from pgflow.list_workflows(''x'')', '[]', 'none');
