-- broken: if cardinality(v_problems) > 0 then => if false then
-- broken: if p_mode <> 'update' then => if true then
-- broken: elsif not v_workflow.dynamic then => elsif false then
-- broken: v_workflow.known and v_workflow.current_version is null => false
-- broken: p_mode = 'create' and v_workflow.known and v_workflow.hash <> v_hash => false
-- broken: u.number is null, false, => true, false,
-- broken: filter (where e.value) => filter (where true)
-- broken: and not k.step -> 'map' ?| '{step,count}' =>
-- broken: or v_workflow.current_version <> v_version) => or false)
-- broken: and s.options <> d.step -> 'options' => and s.options = d.step -> 'options'
-- broken: where w.id = v_workflow.id and w.current_version is distinct from v_version => where false
-- broken: perform pgflow.require_read_committed(); =>

-- case: a new one has a version and its steps
select stage.look();
select pgflow.store_workflow('{"name": "w", "steps": [{"name": "a"}, {"name": "b", "map": {"path": ["x"]}, "handler": "h", "takes_input": false, "options": {"queue": "q"}},
    {"name": "c", "depends_on": [{"step": "b", "value": false}, "a"], "takes_input": false}, {"name": "d", "map": {"count": 2}, "takes_input": false}]}', 'put');
select expect.touched('workflow', 'version', 'step');
select expect.rows('select name, dynamic, current_version = stage.version(''w'') from pgflow.workflow', '[["w", true, true]]');
select expect.rows('select hash = pgflow.definition_hash(definition), changed > 0, carried from pgflow.version', '[[true, true, false]]');
select expect.rows('select number, name, handler, is_map, is_leaf, on_failure, takes_input, depends_on, takes, options -> ''queue'' from pgflow.step order by 1',
    '[[0, "a", "a", false, false, false, true, [], [], null], [1, "b", "h", true, false, false, true, [], [], "q"],
      [2, "c", "c", false, true, false, false, [1, 0], [0], null], [3, "d", "d", true, true, false, false, [], [], null]]');
select stage.look();
select pgflow.store_workflow((select definition from pgflow.version), 'create');
select expect.touched();

-- case: another one is another version, which becomes the current one; what it was before is the same version again
create function pg_temp.store(p_step text, p_mode text, p_attempts int default 3) returns int
language sql as $$
    select pgflow.store_workflow(jsonb_build_object('name', 'w', 'steps', jsonb_build_array(
        jsonb_build_object('name', p_step, 'options', jsonb_build_object('max_attempts', p_attempts)))), p_mode)
$$;
select expect.throws('select pg_temp.store(''a'', ''update'')', 'PF404', 'there is no workflow `w`', 'Create it: %');
select pg_temp.store('a', 'create');
select expect.throws('select pg_temp.store(''b'', ''create'')', 'PF409', 'there is a workflow `w` already', 'Update it%');
select stage.look();
select pg_temp.store('b', 'update');
select expect.touched('workflow', 'version', 'step');
select expect.yes(pg_temp.store('a', 'put') < (select max(id) from pgflow.version), 'the first one');
select expect.rows('select current_version = min(v.id), max(v.changed) = min(v.changed) filter (where v.id = w.current_version)
                    from pgflow.workflow w join pgflow.version v on v.workflow_id = w.id group by w.current_version', '[[true, true]]', 'it is current, and was changed last');
select stage.look();
select pg_temp.store('a', 'update', 9);
select expect.touched('version', 'step');
select expect.rows('select name, options -> ''max_attempts'' from pgflow.step order by 1', '[["a", 9], ["b", 3]]');

-- case: what breaks a rule is refused, as is one that a program declares, or that is being deleted
select stage.define();
select stage.look();
select expect.throws($$select pgflow.store_workflow('{"name": "w", "steps": []}', 'put')$$, 'PF422', 'workflow `w` is refused: workflow `w` has no steps');
select expect.throws($$select pgflow.store_workflow('{"name": "w", "steps": [{"name": ""}, {"name": "input"}]}', 'put')$$, 'PF422',
                     E'workflow `w` is refused, for 2 reasons:\n- workflow `w` has a step without a name\n- a step cannot be named `input`');
select expect.throws($$select pgflow.store_workflow('{"name": "flow", "steps": [{"name": "a"}]}', 'put')$$, 'PF409', 'workflow `flow` is declared by a program', 'Give this one%');
select expect.touched();
select pgflow.store_workflow('{"name": "w", "steps": [{"name": "a"}]}', 'put');
select pgflow.start_run('w', '1');
select pgflow.store_workflow('{"name": "w", "steps": [{"name": "b"}]}', 'put');
select pgflow.start_run('w', '1');
select pgflow.delete_workflow('w', true, 1);
select expect.throws($$select pgflow.store_workflow('{"name": "w", "steps": [{"name": "a"}]}', 'put')$$, 'PF409', 'workflow `w` is being deleted', 'Repeat%');

-- case: in another transaction than one of read committed it is refused
-- isolation: repeatable read
select expect.throws($$select pgflow.store_workflow('{"name": "w", "steps": [{"name": "a"}]}', 'put')$$, '0A000', 'pgflow works in READ COMMITTED%');
