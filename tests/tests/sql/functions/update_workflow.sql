-- broken: 'update' => 'create'
-- broken: 'update' => 'put'

-- case: one that is not there is not made
select expect.throws($$select pgflow.update_workflow('{"name": "w", "steps": [{"name": "a"}]}')$$, 'PF404', 'there is no workflow `w`');
select pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}]}');
create temp table made as select pgflow.update_workflow('{"name": "w", "steps": [{"name": "b"}]}') as id;
select expect.rows('select id = stage.version(''w'') from made', '[[true]]', 'another version');
