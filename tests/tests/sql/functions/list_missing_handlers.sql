-- broken: order by m.workflow, m.version_id, m.handler => order by m.handler desc

-- case: in order
select pgflow.create_workflow('{"name": "w", "steps": [{"name": "b"}, {"name": "a"}]}'), pgflow.create_workflow('{"name": "v", "steps": [{"name": "c"}]}');
select expect.rows('select workflow, handler from pgflow.list_missing_handlers()', '[["v", "c"], ["w", "a"], ["w", "b"]]');
