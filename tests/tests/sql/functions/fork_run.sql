-- broken: perform pgflow.require_read_committed(); => null;
-- broken: a.number = any(s.depends_on) => false
-- broken: where s.version_id = v_run.version_id and s.on_failure); => where false);
-- broken: and o.kind <> 'f' => 
-- broken: v_run.checked and p_input is null => v_run.checked
-- broken: coalesce(p_input, v_run.input) => v_run.input
-- broken: and a.number = 0 and not => and a.number >= 0 and not
-- broken: v_edit.number is null or v_edit.number = any(v_again) => v_edit.number is null
-- broken: if v_items <> jsonb_array_length(v_edit.output) then => if false then
-- broken: if jsonb_typeof(p_outputs) <> 'object' then => if false then
-- broken: coalesce(p_input, v_run.input), p_outputs)) => v_run.input, p_outputs))
-- broken: m.run_id = p_run and not m.step = any(v_again) => m.run_id = p_run
-- broken: if v_problem is not null then => if false then
-- broken: 'edited', case when p_input is not null or p_outputs is not null then => 'edited', case when false then
-- broken: m.run_id = p_run and not m.step = any(v_again) => not m.step = any(v_again)

-- case: all that is recorded is taken over, but for the step and what depends on it; and for what was done since it had failed
select stage.define();
select stage.start('a', p_priority => 3, p_queue => 'q', p_namespace => 's', p_deadline => '1 min', p_input => '5'), stage.start('bystander');
update pgflow.run set checked = true, crashes = 2;
select stage.outcome('a', 0, '[1, 2]'), stage.outcome('a', 1, '10', 0, p_attempts => 2), stage.outcome('a', 1, null, 1, 's', 'why not', 0),
       stage.map('a', 1, 2), stage.outcome('a', 2, '2'),
       stage.outcome('a', 3, null, -1, 'f', 'no'), stage.outcome('a', 4, '4'), stage.attempt('a', 1, 0), stage.attempt('a', 1, 1, 0),
              stage.attempt('a', 2, 0), stage.end('a', 'f');
select stage.later('1 day');
select stage.look();
select stage.name('f', pgflow.fork_run(stage.run('a'), 'sum', null, null, 'why', 'me'));
select expect.touched('run f', 'ready f', 'outcome f', 'map f', 'attempt f', 'action f');
select expect.rows($$select input, checked, crashes, priority, queue, namespace, deadline_at, created_at = pgflow.now(), period,
       version_id = stage.version() from pgflow.run
                     where id = stage.run('f')$$, '[[5, true, 0, 3, "q", "s", null, true, 21930, true]]');
select expect.rows($$select due, fresh, paused, priority, queue, namespace,
       available_at = pgflow.now() from pgflow.ready where run_id = stage.run('f')$$,
                   '[[true, false, false, 3, "q", "s", true]]');
select expect.rows($$select step, index, kind, output, error, attempts, recorded_at = pgflow.now(),
       period from pgflow.outcome where run_id = stage.run('f') order by 1, 2$$,
    '[[0, -1, "c", [1, 2], null, 1, true, 21930], [1, 0, "c", 10, null, 2, true, 21930], [1, 1, "s", null, "why not", 0, true, 21930], [2, -1, "c", 2, null, 1, true, 21930]]');
select expect.rows($$select step, items from pgflow.map where run_id = stage.run('f')$$, '[[1, 2]]');
select expect.rows($$select step, index, number from pgflow.attempt where run_id = stage.run('f')$$, '[[1, -1, 0]]',
       'the delay of a map whose size is known is over');
select expect.rows($$select kind, actor, reason, detail - 'of', detail ->> 'of' = stage.run('a')::text from pgflow.action$$,
       '[["fork", "me", "why", {"from": "sum"}, true]]');
select expect.sound();

-- case: from a step on, all that depends on it is executed again, whatever the number of paths
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 1, '10', 0), stage.map('a', 1, 1), stage.outcome('a', 2, '2'), stage.outcome('a', 3, '3'),
       stage.end('a', 'c');
select stage.name('each', pgflow.fork_run(stage.run('a'), 'each')), stage.name('list', pgflow.fork_run(stage.run('a'), 'list')), stage.name('all',
       pgflow.fork_run(stage.run('a'))),
       stage.name('amends', pgflow.fork_run(stage.run('a'), 'amends'));
select expect.rows($$select stage.readable(run_id::text), array_agg(step order by step) from pgflow.outcome group by run_id order by 1$$,
    '[["a", [0, 1, 2, 3]], ["amends", [0, 1, 2, 3]], ["each", [0, 2]]]');
select expect.rows($$select stage.readable(run_id::text), items from pgflow.map order by 1$$, '[["a", 1], ["amends", 1]]');

-- case: what has failed is not taken over
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 2, null, -1, 'f', 'no'), stage.end('a', 'f');
select stage.name('f', pgflow.fork_run(stage.run('a'), 'each'));
select expect.rows($$select step, kind from pgflow.outcome where run_id = stage.run('f')$$, '[[0, "c"]]');

-- case: with another input, and other outputs
select stage.runs_of_flow('a');
update pgflow.run set checked = true;
select stage.outcome('a', 0, '[1, 2]'), stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, '20', 1), stage.map('a', 1, 2), stage.outcome('a', 2,
       '2');
select stage.name('f', pgflow.fork_run(stage.run('a'), 'sum', '8', '{"each": [30, 40], "side": 5}'));
select expect.rows($$select input, checked from pgflow.run where id = stage.run('f')$$, '[[8, false]]');
select expect.rows($$select step, index, output from pgflow.outcome where run_id = stage.run('f') order by 1, 2$$,
       '[[0, -1, [1, 2]], [1, 0, 30], [1, 1, 40], [2, -1, 5]]');
select expect.rows($$select detail - 'of' from pgflow.action$$, '[[{"from": "sum", "edited": ["input", "each", "side"]}]]');
select expect.rows($$select step, index, output from pgflow.outcome where run_id = stage.run('a') order by 1, 2$$,
       '[[0, -1, [1, 2]], [1, 0, 10], [1, 1, 20], [2, -1, 2]]', 'of the run that is forked');

-- case: a run that has not ended can be forked, also one that has not begun; it goes on
select stage.runs_of_flow('a');
select stage.look();
select stage.name('f', pgflow.fork_run(stage.run('a')));
select expect.touched('run f', 'ready f', 'action f');

-- case: what cannot be is refused, and nothing is left of it
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1, 2]'), stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, '20', 1), stage.map('a', 1, 2);
select stage.look();
select expect.throws($$select pgflow.fork_run(stage.run('gone'))$$, 'PF404', 'there is no run gone');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'none')$$, 'PF404', 'run a has no step `none`');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', '"eight"')$$, 'PF422',
       'the input does not fit workflow `flow`: `input` is of type string%', 'Its schema: %');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"none": 1}')$$, 'PF422',
       'the output of `none` cannot be given: workflow `flow` has no such step');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'each', null, '{"each": [1, 2]}')$$, 'PF422',
       'the output of `each` cannot be given: the step is executed again%');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'each', null, '{"sum": 1}')$$, 'PF422',
       'the output of `sum` cannot be given: the step is executed again%');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [1]}')$$, 'PF422',
       'map step `each` has 2 items in run a, and 1 outputs are given');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": 1}')$$, 'PF422', 'the output of map step `each` is an array%');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [1, "b"]}')$$, 'PF422',
       'the output does not fit step `each`: `each[1]` is of type string%');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"side": "b"}')$$, 'PF422',
       'the output does not fit step `side`: `side` is of type string%');
select expect.touched();

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select pgflow.fork_run(stage.run('gone'))$$, '0A000', 'pgflow works in READ COMMITTED%');

-- case: nothing of another run is taken over
select stage.runs_of_flow('other', 'a');
select stage.map('other', 1, 7), stage.outcome('other', 0, '[9]'), stage.attempt('other', 1, 0), stage.outcome('other', 2, '9'), stage.outcome('a', 0, '[1]');
select stage.name('f', pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [5]}'));
select expect.rows($$select step, index, output from pgflow.outcome where run_id = stage.run('f') order by step$$, '[[0, -1, [1]], [1, 0, 5]]');
select expect.rows($$select step, items from pgflow.map where run_id = stage.run('f')$$, '[[1, 1]]');
select expect.rows($$select * from pgflow.attempt where run_id = stage.run('f')$$, '[]', 'attempts');
select stage.name('g', pgflow.fork_run(stage.run('a'), 'sum'));
select expect.rows($$select step, items from pgflow.map where run_id = stage.run('g')$$, '[]', 'maps');

-- case: other outputs are an object
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 2, '2');
select stage.look();
select expect.throws(format('select pgflow.fork_run(stage.run(''a''), ''sum'', null, %L)', o), 'PF422',
                     'other outputs are an object by the names of their steps, and not of type ' || jsonb_typeof(o::jsonb))
from unnest('{[],1,"null"}'::text[]) o;
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '[{"side": 5}]')$$, 'PF422', '%and not of type array');
select expect.touched();

-- case: a map step whose items nobody has counted yet has as many as its list
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1, 2]');
select stage.look();
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [1]}')$$, 'PF422',
                     'map step `each` has 2 items in run a, and 1 outputs are given');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [1, 2], "list": [1, 2, 3]}')$$, 'PF422',
                     'map step `each` has 3 items in run a, and 2 outputs are given');
select expect.touched();
select stage.name('f', pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [1, 2]}')), stage.name('g', pgflow.fork_run(stage.run('a'),
       'sum', null, '{"list": [1], "each": [7]}'));
select expect.rows('select run_id, items from pgflow.map order by items', '[["g", 1], ["f", 2]]');

-- case: also where the list is in the input
select stage.define(jsonb_build_object('name', 'other', 'input', true, 'steps', jsonb_build_array(
    stage.step('each', p_map => '{"path": ["of", "it"]}'), stage.step('sum', p_takes => '{each}'))));
select stage.start('a', 'other', '{"of": {"it": [1, 2]}}');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', null, '{"each": [1]}')$$, 'PF422', 'map step `each` has 2 items%');
select expect.throws($$select pgflow.fork_run(stage.run('a'), 'sum', '{"of": {"it": [1]}}', '{"each": [1, 2]}')$$, 'PF422',
                     'map step `each` has 1 items%');
select stage.name('f', pgflow.fork_run(stage.run('a'), 'sum', '{"of": {"it": [1]}}', '{"each": [8]}'));
select expect.rows('select run_id, items from pgflow.map', '[["f", 1]]');

-- case: signals and what steps remember are those of the run that they were sent to: whatever is executed again waits, and begins, anew
select stage.runs_that_wait('a');
select stage.outcome('a', 0, '1'), stage.outcome('a', 1, '1'), stage.attempt('a', 1, 0), stage.attempt('a', 3, 0, p_retry => '-1 h'), stage.signal('a', 1, '1'), stage.signal('a', 3, '3'),
       stage.repeat('a', 1), stage.repeat('a', 3);
select stage.look();
select stage.name('f', pgflow.fork_run(stage.run('a'), 'other'));
select expect.touched('run f', 'ready f', 'outcome f', 'action f');
select pgflow.send_signal(stage.run('f'), 'word', '4');
select expect.rows('select payload from pgflow.signals_of(0, stage.runs(''f''))', '[[4]]') from set_config('search_path', 'pgflow, pg_temp', true);
