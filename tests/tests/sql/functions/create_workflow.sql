-- broken: 'create' => 'update'
-- broken: 'create' => 'put'

-- case: one that is there is not changed
create temp table made as select pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}]}') as id;
select expect.rows('select id = stage.version(''w'') from made', '[[true]]', 'the version');
select expect.throws($$select pgflow.create_workflow('{"name": "w", "steps": [{"name": "b"}]}')$$, 'PF409', 'there is a workflow `w` already');
