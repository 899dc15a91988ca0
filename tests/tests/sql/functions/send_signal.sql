-- broken: perform pgflow.require_read_committed(); => null;
-- broken: perform pgflow.lock_runs(v_bucket, array[p_run]); => null;
-- broken: if cardinality(v_steps) = 0 then => if false then
-- broken: if v_problem is not null then => if false then
-- broken: x.step #>> '{signal,name}' = p_signal => true
-- broken: s.signal = p_signal => s.signal is not null
-- broken: coalesce(p_sender, session_user) => session_user
-- broken: coalesce(p_payload, 'null') => p_payload
-- broken: o.run_id = p_run and o.step = s.number)) => o.run_id = p_run))
-- broken: o.run_id = p_run and o.step = s.number)) => o.step = s.number))
-- broken: perform pgflow.make_due(v_bucket, array[p_run]); => null;
-- broken: e.run_id = p_run; => true;
-- broken: r.id = p_run; => true;
-- broken: if cardinality(v_waiting) > 0 then => if false then
-- broken: string_agg(distinct format('`%s`', s.signal), ', ') => max(s.signal)

-- case: it is kept for each step that waits for it, whoever has the run is told, and a parked run is due
select stage.runs_that_wait('a', 'b');
select stage.worker(), stage.park('a', '1 h'), stage.park('b', '1 h');
select stage.look();
select pgflow.send_signal(stage.run('a'), 'go', '5', 'anna');
select expect.touched('signal a', 'inbox a', 'ready a');
select expect.rows('select run_id, step, sent_at = pgflow.now(), sender, payload, period from pgflow.signal order by step',
    '[["a", 1, true, "anna", 5, 21929], ["a", 2, true, "anna", 5, 21929]]');
select expect.rows('select run_id, step, index, kind, reason, sent_at = pgflow.now() from pgflow.inbox order by step',
    '[["a", 1, null, "g", null, true], ["a", 2, null, "g", null, true]]');
select expect.rows('select due, available_at = pgflow.now() from pgflow.ready where run_id = stage.run(''a'')', '[[true, true]]');
select pgflow.send_signal(stage.run('a'), 'word', '6');
select expect.rows('select step, sender = session_user from pgflow.signal order by number', '[[1, false], [2, false], [3, true]]', 'in order, and by whom');
select expect.sound();

-- case: a run that has not begun keeps it; its owner is told; a paused one stays paused
select stage.runs_that_wait('fresh', 'owned', 'paused');
select stage.worker();
select stage.own('w', 'owned'), stage.park('paused'), pgflow.pause_run(stage.run('paused'));
select stage.look();
select pgflow.send_signal(stage.run(n), 'word', '1') from unnest('{fresh,owned,paused}'::text[]) n;
select expect.touched('signal fresh', 'inbox fresh', 'signal owned', 'inbox owned', 'signal paused', 'inbox paused');
select expect.sound();

-- case: of a step that is done it is kept, and nobody is told; another one that waits for it is
select stage.runs_that_wait('a', 'b', 'both');
select stage.worker(), stage.park('a'), stage.park('b'), stage.park('both');
select stage.outcome('a', 3, '1'), stage.outcome('both', 1, '1'), stage.outcome('both', 3, '1');
select stage.look();
select pgflow.send_signal(stage.run('a'), 'word', '1');
select expect.touched('signal a');
select pgflow.send_signal(stage.run('both'), 'go', '1');
select expect.touched('signal both', 'inbox both', 'ready both');
select expect.rows('select step from pgflow.inbox', '[[2]]');
select pgflow.send_signal(stage.run('b'), 'word', '1');
select expect.touched('signal b', 'inbox b', 'ready b');

-- case: what is no signal of the run, or does not fit, is refused, and nothing is kept
select stage.runs_of_flow('none');
select stage.runs_that_wait('a');
select stage.look();
select expect.throws($$select pgflow.send_signal(stage.run('gone'), 'go', '1')$$, 'PF404', 'there is no run gone');
select expect.throws($$select pgflow.send_signal(stage.run('a'), 'goo', '1')$$, 'PF404', 'no step of run a waits for a signal `goo`',
                     'Its signals: `go`, `word`.');
select expect.throws($$select pgflow.send_signal(stage.run('none'), 'go', '1')$$, 'PF404', 'no step of run none waits for a signal `go`',
                     'No step of it waits for any.');
select expect.throws($$select pgflow.send_signal(stage.run('a'), 'word', '"x"')$$, 'PF422',
                     'the payload does not fit signal `word`: `word` is of type string, and integer is wanted');
select expect.throws($$select pgflow.send_signal(stage.run('a'), 'word')$$, 'PF422', '%`word` is of type null, and integer is wanted');
select expect.throws($$select pgflow.send_signal(stage.run('a'), 'word', null)$$, 'PF422', '%`word` is of type null, and integer is wanted');
select expect.touched();

-- case: each signal has the schema of its own
select stage.define(jsonb_build_object('name', 'waits', 'steps', jsonb_build_array(
    stage.step('one', p_signal => 'number'), jsonb_set(stage.step('two', p_signal => 'word'), '{signal,payload}', '{"type": "string"}'))));
select stage.start('a', 'waits');
select pgflow.send_signal(stage.run('a'), 'word', '"x"');
select expect.throws($$select pgflow.send_signal(stage.run('a'), 'word', '1')$$, 'PF422', 'the payload does not fit signal `word`: %');

-- case: a payload that may be null is null where none is given
select stage.define(jsonb_build_object('name', 'waits', 'steps', jsonb_build_array(
    jsonb_set(stage.step('one', p_signal => 'go'), '{signal,payload}', '{"type": "null"}'))));
select stage.start('a', 'waits');
select pgflow.send_signal(stage.run('a'), 'go', null), pgflow.send_signal(stage.run('a'), 'go');
select expect.rows('select payload = ''null'' from pgflow.signal', '[[true], [true]]');

-- case: a run that has ended takes none
select stage.runs_that_wait('c', 'f', 'x', 'on');
select stage.end('c', 'c'), stage.end('f', 'f'), stage.end('x', 'x');
select stage.look();
select expect.throws($$select pgflow.send_signal(stage.run('c'), 'go', '1')$$, 'PF409', 'run c takes no signal: it has ended as completed');
select expect.throws($$select pgflow.send_signal(stage.run('f'), 'go', '1')$$, 'PF409', 'run f takes no signal: it has ended as failed');
select expect.throws($$select pgflow.send_signal(stage.run('x'), 'go', '1')$$, 'PF409', 'run x takes no signal: it has ended as cancelled');
select expect.touched();
select pgflow.send_signal(stage.run('on'), 'go', '1');
select expect.touched('signal on', 'inbox on');

-- case: the run is locked
select stage.runs_that_wait('a');
select pgflow.send_signal(stage.run('a'), 'go', '1');
select expect.yes((select xmax::text::bigint > 0 from pgflow.run), 'locked');

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select pgflow.send_signal(stage.run('gone'), 'go')$$, '0A000', 'pgflow works in READ COMMITTED%');
