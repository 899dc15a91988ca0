-- broken: if v_dynamic then => if false then
-- broken: (p_becomes_current or current_version is null) => true
-- broken: (p_becomes_current or current_version is null) => p_becomes_current
-- broken: elsif p_becomes_current or v_carried then => else
-- broken: if p_becomes_current and v_carried then => if p_becomes_current then
-- broken: if p_becomes_current and v_carried then => if v_carried then
-- broken: set carried = false where id => set carried = true where id
-- broken: v_now, not p_becomes_current) => v_now, false)
-- broken: is distinct from s.step -> 'options' => is not distinct from s.step -> 'options'
-- broken: set current_version = v_version where id = v_workflow => set current_version = v_version where false
-- broken: and hash = p_hash => and false
-- broken: order by e.at) => order by e.at desc)
-- broken: where (e.edge ->> 'value')::boolean => where true
-- broken: not coalesce((s.step ->> 'on_failure')::boolean, false) and => true and
-- broken: and not s.step -> 'map' ? 'step' =>
-- broken: p_contracts[s.number] => p_contracts[1]
-- broken: s.step #>> '{signal,name}', => null,
-- broken: if p_becomes_current and exists ( => if exists (
-- broken: where id = v_workflow and current_version = v_version) then => where id = v_workflow) then
-- broken: perform pgflow.declare_schedule(v_workflow, p_definition); => perform 1;

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

-- case: what runs are carried over to does not become current, but where nothing else is
create function pg_temp.define(p_hash text, p_current boolean, p_attempts int default 3) returns int
language sql as $$
    select pgflow.register(jsonb_set(stage.definition(), '{steps,2,options,max_attempts}', to_jsonb(p_attempts)), repeat(p_hash, 64),
                           '{a,b,c,d,e}', p_current)
$$;
create function pg_temp.current() returns text
language sql as $$ select left(v.hash, 1) from pgflow.workflow w join pgflow.version v on v.id = w.current_version $$;
select pg_temp.define('a', false);
select expect.equal(pg_temp.current(), 'a', 'the only one');
select pg_temp.define('b', true);
select expect.equal(pg_temp.current(), 'b', 'that of a program');
select stage.look();
select pg_temp.define('c', false);
select expect.touched('version', 'step');
select expect.rows('select left(hash, 1), carried from pgflow.version order by id', '[["a", true], ["b", false], ["c", true]]', 'the versions');
select pg_temp.define('c', false);
select expect.touched();
-- Other options are those of whoever comes last.
select pg_temp.define('c', false, 9);
select expect.touched('version', 'step');
-- A program has it as its own: it is new.
select pg_temp.define('c', true);
select expect.touched('workflow', 'version', 'step');
select expect.equal(pg_temp.current(), 'c', 'a version that was carried to');
select pg_temp.define('b', true);
select expect.equal(pg_temp.current(), 'c', 'one that was there');
select stage.look();
select pg_temp.define('c', true);
select expect.touched();
-- What a program has registered stays as that one has said.
select pg_temp.define('c', false, 9);
select expect.touched();
select expect.equal(pg_temp.current(), 'c', 'as it was');
select pgflow.make_current(pgflow.version_id('flow', repeat('b', 64)));
select pg_temp.define('c', true);
select expect.equal(pg_temp.current(), 'b', 'what people have chosen');

-- case: the signals that steps wait for
select stage.define(stage.waiting());
select expect.rows('select name, signal from pgflow.step order by number', '[["ask", null], ["first", "go"], ["last", "go"], ["other", "word"]]');
-- case: the schedule of the current version is the workflow's; that of an older one does not come back with it
create temporary table scheduled as select stage.definition() || '{"schedule": {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one"}}' as definition;
select stage.define(definition) from scheduled;
select expect.rows('select name, cron, declared from pgflow.schedules', '[["flow", "0 3 * * *", true]]');
select stage.define(jsonb_set(definition, '{schedule,cron}', '"0 4 * * *"')) from scheduled;
select expect.rows('select cron from pgflow.schedules', '[["0 4 * * *"]]', 'the same version');
select stage.define(p_hash => 'b');
select expect.rows('select cron from pgflow.schedules', '[]', 'another one');
select stage.define(definition) from scheduled;
select expect.rows('select cron from pgflow.schedules', '[]', 'the older one again');
select pgflow.register(definition, repeat('b', 64), '{}', false) from scheduled;
select expect.rows('select cron from pgflow.schedules', '[]', 'no program has it as its own');

-- case: one that was made at run time is refused
select pgflow.create_workflow('{"name": "flow", "steps": [{"name": "a"}]}');
select stage.look();
select expect.throws('select stage.define()', 'PF409', 'workflow `flow` was made at run time, and cannot be declared by a program too', 'Give one of them%');
select expect.touched();
