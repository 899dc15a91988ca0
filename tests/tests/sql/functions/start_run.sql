-- broken: if v_problem is not null then => if false then
-- broken: v.id = w.current_version => v.id <> w.current_version
-- broken: coalesce(p_deadline, v_deadline_ms * interval '1 millisecond') => p_deadline
-- broken: if p_supersede is not null then => if false then
-- broken: case when p_key is not null then array[p_key] end => null

-- case: by name alone, with an input
select stage.define();
select stage.look();
select stage.name('a', pgflow.start_run('flow', '5'));
select expect.touched('run a', 'ready a');
select expect.rows('select input, checked, queue, priority, namespace, deadline_at, created_at = pgflow.now() from pgflow.run',
                   '[[5, false, "default", 0, "", null, true]]');
select expect.rows('select run_id, due, fresh, available_at = pgflow.now() from pgflow.ready', '[["a", true, true, true]]');

-- case: with all that can be said
select stage.define();
select stage.name('a', pgflow.start_run('flow', '5', 'k', 'q', 7, 's', pgflow.now() + interval '1 h', '1 min', p_actor => 'me'));
select expect.rows('select input, queue, priority, namespace, deadline_at - pgflow.now() from pgflow.run', '[[5, "q", 7, "s", "01:01:00"]]');
select expect.rows('select due, available_at - pgflow.now() from pgflow.ready', '[[false, "01:00:00"]]');
select expect.rows('select key, run_id from pgflow.key', '[["k", "a"]]');
select expect.rows('select run_id, kind, actor from pgflow.action', '[["a", "start", "me"]]');
select expect.equal(pgflow.start_run('flow', '6', 'k'), stage.run('a'), 'the same key');

-- case: without an input it is null, which must fit
select stage.define(jsonb_set(stage.definition(), '{input}', '{"type": "null"}'));
select pgflow.start_run('flow'), pgflow.start_run('flow', null);
select expect.rows('select input from pgflow.run', '[[null], [null]]');
select expect.throws($$select pgflow.start_run('flow', '1')$$, 'PF422',
                     'the input does not fit workflow `flow`: `input` is of type number, and null is wanted');

-- case: the deadline is that of the workflow, if no other is given
select stage.define(stage.definition() || '{"deadline_ms": 1500}');
select stage.name('a', pgflow.start_run('flow', '1')), stage.name('b', pgflow.start_run('flow', '2', p_deadline => '1 h')),
       stage.name('c', pgflow.start_run('flow', '3', p_supersede => 'k'));
select expect.rows('select id, deadline_at - pgflow.now() from pgflow.run order by input::int',
                   '[["a", "00:00:01.5"], ["b", "01:00:00"], ["c", "00:00:01.5"]]');

-- case: an input that does not fit is refused
select stage.define();
select stage.look();
select expect.throws($$select pgflow.start_run('flow', '"five"')$$, 'PF422',
                     'the input does not fit workflow `flow`: `input` is of type string, and integer is wanted',
                     'Its schema: select definition -> ''input'' from pgflow.version where id = %;');
select expect.throws($$select pgflow.start_run('flow')$$, 'PF422', '%of type null, and integer is wanted');
select expect.touched();

-- case: an unknown workflow is refused, and the known ones are named
select expect.throws($$select pgflow.start_run('flow', '5')$$, 'PF404', 'there is no workflow `flow`', 'No workflow is registered yet%');
select stage.define(), stage.define(stage.definition('another'));
select expect.throws($$select pgflow.start_run('flaw', '5')$$, 'PF404', 'there is no workflow `flaw`',
                     'Registered workflows: `another`, `flow`.');
select expect.throws($$select pgflow.start_run(null, '5')$$, 'PF404', 'there is no workflow `%`');

-- case: its version is the current one
select stage.define();
select stage.define(p_hash => 'b');
select stage.start('a');
select pgflow.make_current((select min(id) from pgflow.version));
select stage.start('b');
select expect.rows('select id, version_id - (select min(id) from pgflow.version) from pgflow.run order by id = stage.run(''b'')',
       '[["a", 1], ["b", 0]]');

-- case: one that supersedes takes the place of the earlier one; too many are refused either way
select stage.define();
select stage.name('a', pgflow.start_run('flow', '1', p_supersede => 'k'));
select stage.name('b', pgflow.start_run('flow', '2', p_supersede => 'k', p_max_backlog => 1));
select expect.rows('select run_id, status from pgflow.run_end', '[["a", "x"]]');
select expect.rows('select key, run_id from pgflow.latest', '[["k", "b"]]');
select expect.equal(pgflow.start_run('flow', '3', p_supersede => 'k', p_quiet => '1 min'), stage.run('b'), 'it waits, with another input');
select expect.rows('select input from pgflow.run where id = stage.run(''b'')', '[[3]]');
select stage.start('c');
select expect.throws($$select pgflow.start_run('flow', '1', p_max_backlog => 1)$$, 'PF429', 'no run was started: 1 wait already%');

-- case: another isolation is refused
-- isolation: serializable
select stage.define();
select expect.throws($$select pgflow.start_run('flow', '1')$$, '0A000', 'pgflow works in READ COMMITTED%');
