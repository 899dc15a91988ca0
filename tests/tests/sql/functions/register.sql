-- broken: is distinct from s.step -> 'options' => is not distinct from s.step -> 'options'
-- broken: set current_version = v_version where id = v_workflow => set current_version = v_version where false
-- broken: and hash = p_hash => and false
-- broken: order by e.at) => order by e.at desc)
-- broken: where (e.edge ->> 'value')::boolean => where true
-- broken: not coalesce((s.step ->> 'on_failure')::boolean, false) and => true and
-- broken: and not s.step -> 'map' ? 'step' =>
-- broken: p_contracts[s.number] => p_contracts[1]

-- case: a new workflow gets a version, which is the current one, and its steps
select stage.look();
select expect.yes(stage.define() > 0, 'the id of the version');
select expect.touched('workflow', 'version', 'step');
select expect.rows('select name, current_version = stage.version(''flow''), created_at = pgflow.now() from pgflow.workflow',
                   '[["flow", true, true]]');
select expect.rows('select hash, definition = stage.definition(), created_at = pgflow.now() from pgflow.version',
                   format('[["%s", true, true]]', repeat('a', 64))::jsonb);
select expect.rows(
    'select number, name, contract, is_map, is_leaf, on_failure, takes_input, depends_on, takes, options from pgflow.step order by number',
    '[[0, "list", "contract of list", false, false, false, true, [], [], {"max_attempts": 3}],
      [1, "each", "contract of each", true, false, false, false, [0], [0], {"max_attempts": 3}],
      [2, "side", "contract of side", false, false, false, false, [0], [], {"max_attempts": 3}],
      [3, "sum", "contract of sum", false, true, false, false, [1, 2], [1], {"max_attempts": 3}],
      [4, "amends", "contract of amends", false, false, true, false, [], [], {"max_attempts": 3}]]');

-- case: dependencies stand in the order of the step, and a map of the input takes the input
select stage.define(jsonb_build_object('name', 'other', 'steps', jsonb_build_array(
    stage.step('one', p_input => true, p_map => '{"path": ["items"]}'), stage.step('two'), stage.step('three', p_takes => '{two,one}'))));
select expect.rows('select name, takes_input, is_map, is_leaf, depends_on, takes from pgflow.step order by number',
    '[["one", true, true, false, [], []], ["two", false, false, false, [], []], ["three", false, false, true, [1, 0], [1, 0]]]');

-- case: a map of the input takes it, whether it says so or not
select stage.define(jsonb_build_object('name', 'other', 'steps', jsonb_build_array(stage.step('one', p_map => '{}'))));
select expect.rows('select takes_input from pgflow.step', '[[true]]');

-- case: the same again changes nothing
select stage.define();
select stage.look();
select expect.equal(stage.define(), stage.version('flow'), 'the same version');
select expect.touched();

-- case: the same version with other options changes these, of the steps that have others, and does not become current
select stage.define();
select stage.define(p_hash => 'b');
select stage.look();
select expect.equal(stage.define(jsonb_set(stage.definition(), '{steps,2,options}', '{"max_attempts": 9}')),
                    (select min(id) from pgflow.version), 'the first version');
select expect.touched('version', 'step');
select expect.rows('select name, version_id = stage.version() from pgflow.step where options @> ''{"max_attempts": 9}''', '[["side", false]]');
select expect.rows('select current_version = stage.version() from pgflow.workflow', '[[true]]', 'the current version is');
select expect.rows('select definition #> ''{steps,2,options,max_attempts}'' from pgflow.version order by id', '[[9], [3]]', 'the definitions');

-- case: another hash is another version, which becomes the current one; of another workflow it is another as well
select stage.define();
select stage.define(stage.definition('other'));
select stage.look();
select expect.yes(stage.define(p_hash => 'b') > (select min(id) from pgflow.version), 'a new version');
select expect.touched('workflow', 'version', 'step');
select expect.rows('select w.name, v.hash from pgflow.workflow w join pgflow.version v on v.id = w.current_version order by 1',
                   format('[["flow", "%s"], ["other", "%s"]]', repeat('b', 64), repeat('a', 64))::jsonb);

-- case: what is no name, no hash or has a step twice is refused, and nothing is left of it
select stage.look();
select expect.throws('select stage.define(stage.definition(''no name''))', '23514', '%workflow_name_check%');
select expect.throws('select stage.define(stage.definition(null))', '23502', '%"name"%');
select expect.throws('select stage.define(p_hash => ''x'')', '23514', '%version_hash_check%');
select expect.throws($$select stage.define('{"name": "twice", "steps": [{"name": "a", "takes_input": true, "options": {}},
                                                                     {"name": "a", "takes_input": true, "options": {}}]}')$$,
                     '23505', '%step_version_id_name_key%');
select expect.throws($$select pgflow.register(stage.definition(), repeat('a', 64), '{one}')$$, '23502', '%"contract"%');
select expect.touched();
