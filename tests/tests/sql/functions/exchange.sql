-- broken: pgflow.fence(p_bucket, p_worker) => true
-- broken: if p_marker > 0 then => if false then
-- broken: and c.number = p_marker and c.runs = '{}' => and c.number = p_marker
-- broken: if p_repeated and found then => if false then
-- broken: x.worker_id <> p_worker or x.kind <> o.kind or x.output is distinct from o.output => false
-- broken: where not m.entry = any(v_refused) =>
-- broken: where not a.entry = any(v_refused) =>
-- broken: where not s.entry = any(v_refused) =>
-- broken: where not b.entry = any(v_refused) =>
-- broken: where not o.entry = any(v_refused) =>
-- broken: when e.due_ms < 0 then 'infinity' => when e.due_ms < 0 then v_now
-- broken: e.fate = 4 and e.due_ms = 0 => e.due_ms = 0
-- broken: e.fate >= 5 or not exists => true or not exists
-- broken: i.kind in ('x', 'r') => i.kind in ('x')
-- broken: (array['c', 'f', 'x'])[e.fate] => (array['c', 'x', 'f'])[e.fate]
-- broken: perform pgflow.take_back(p_bucket, v_shared); => null;
-- broken: perform pgflow.take_back_work(p_bucket, v_failing, false); => null;
-- broken: perform pgflow.wake(p_bucket, v_woken, v_woken_steps, 's'); => null;
-- broken: where not i.run_id = any(v_back) => where true
-- broken: pgflow.turns('r', v_last.o_after) => pgflow.turns('t', v_last.o_after)
-- broken: p_max_runs, p_after_runs, p_versions, p_priorities, p_seqs => p_max_runs, p_after_runs, p_versions, null, null
-- broken: values (p_bucket, p_worker, p_number, v_now, '{}') => select p_bucket, p_worker, p_number, v_now, '{}' where false
-- broken: s.attempts, r.crashes, => s.attempts, 0,
-- broken: greatest(h.turn, l.turn + 1, 0) => greatest(h.turn, 0)
-- broken: coalesce(s.queue, r.queue) => r.queue
-- broken: and q.paused) => and false)
-- broken: where not exists (select unnest(c.runs) except select unnest(v_left)))) => ))
-- broken: c.worker_id = p_worker and c.number = p_marker => c.number = p_marker
-- broken: c.worker_id = p_worker and c.number = e.claim => c.worker_id = p_worker
-- broken: c.worker_id = p_worker and c.number = p_number => c.number = p_number
-- broken: v_added || r.o_runs => v_added
-- broken: v_added_steps || r.o_steps => v_added_steps
-- broken: if cardinality(r_entry) > 0 then => if false then
-- broken: s.attempts > 0 or s.count = 1 and exists ( => s.count = 1 and exists (
-- broken: s.attempts > 0 or s.count = 1 and exists ( => s.attempts > 0 or exists (
-- broken: x.step = s.step and x.index = s.first => x.step = s.step
-- broken: a.number, t.crashes, true, => a.number, t.crashes, false,
-- broken: perform pgflow.start_children(p_bucket, e_run, e_period, v_refused, v_now => perform pgflow.start_children(p_bucket, e_run, e_period, '{}', v_now
-- broken: (e.fate between 1 and 3 or e.fate = -1) => e.fate between 1 and 3
-- broken: (e.fate between 1 and 3 or e.fate = -1) => true
-- broken: e.run_id = any(p_families) and not e.at = any(v_refused) => not e.at = any(v_refused)
-- broken: e.run_id = any(p_families) and not e.at = any(v_refused) => e.run_id = any(p_families)

-- case: it claims runs and tasks, with what is to be known of them, and says how far
select stage.runs_of_flow('a', 'b', 'c', 'd');
select stage.worker();
select stage.own('w', 'd'), stage.task('d', 3);
select stage.look();
select expect.rows($$select a - 'version_id' from stage.answer('w', '{"number": 5, "runs": 2, "tasks": 9}') a where a ->> 'kind' not in ('9', '12')$$,
    '[[{"kind": 4, "run_id": "a", "index": 1, "attempts": 0, "flag": "f", "payload": 1}], [{"kind": 4, "run_id": "b", "index": 1, "attempts": 0, "flag": "f", "payload": 1}],
      [{"kind": 10, "run_id": "d", "payload": 1}]]');
select expect.touched('ready a', 'ready b', 'claim', 'task d');
select expect.rows('select number, runs from pgflow.claim order by number', '[[1, ["d"]], [5, ["a", "b"]]]');
select expect.rows($$select a ->> 'kind',
       (a ->> 'number')::bigint = (select seq - 1 from pgflow.ready where run_id = stage.run('d')) from stage.answer('w',
       '{"number": 6, "runs": 1}') a
                     where a ->> 'kind' = '12'$$, '[["12", null]]', 'how far');
select expect.sound();

-- case: nothing to say and nothing wanted changes nothing
set local synchronous_commit = on;
select stage.runs_of_flow('a');
select stage.worker();
select stage.look();
select expect.rows($$select * from stage.answer('w', '{"number": 5}')$$, '[]');
select expect.touched();
select expect.equal(current_setting('synchronous_commit'), 'off', 'nothing is promised');

-- case: a worker that is dead or unknown is refused, and nothing is written
select stage.runs_of_flow('a');
select stage.worker();
select stage.own('w', 'a');
update pgflow.worker set dead_at = pgflow.now();
select stage.look();
select expect.throws($$select * from stage.answer('w',
       '{"number": 5, "entries": [{"run": "a", "claim": 1, "outcomes": [{"step": 0, "output": 1}]}]}')$$, 'PF001',
                     'worker % counts as dead: its runs have been handed on');
select expect.throws($$select * from stage.exchange(0, '{"number": 5, "runs": 1}')$$, 'PF001', 'worker 0 counts as dead%');
select expect.touched();

-- case: what was done is recorded, once
set local synchronous_commit = on;
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.own('w', 'a', 'b');
select stage.look();
select expect.rows($$select * from stage.answer('w', '{"number": 5, "entries": [{"run": "a", "claim": 1, "outcomes": [
    {"step": 0, "output": [1, 2], "attempts": 2}, {"step": 1, "index": 0, "kind": "f", "error": "no", "attempts": 3}, {"step": 2, "kind": "s", "error": "why not", "attempts": 0}],
    "maps": [[1, 2]], "attempts": [{"step": 1, "index": 1, "number": 1, "retry_ms": 1500, "error": "once more"}],
    "begins": [{"step": 1, "index": 1, "attempt": 2, "alone": true}]}]}')$$, '[]', 'an answer');
select expect.touched('outcome a', 'map a', 'attempt a', 'mark a');
select expect.rows('select run_id, step, index, kind, output, error, attempts, duration_ms, worker_id = stage.w(), recorded_at = pgflow.now(), period from pgflow.outcome order by step',
    '[["a", 0, -1, "c", [1, 2], null, 2, 2.5, true, true, 21929], ["a", 1, 0, "f", null, "no", 3, 2.5, true, true, 21929],
      ["a", 2, -1, "s", null, "why not", 0, 2.5, true, true, 21929]]');
select expect.rows('select run_id, step, index, number, error, retry_at - pgflow.now(), failed_at = pgflow.now(), resumed, worker_id = stage.w() from pgflow.attempt',
    '[["a", 1, 1, 1, "once more", "00:00:01.5", true, false, true]]');
select expect.rows('select run_id, step, items from pgflow.map', '[["a", 1, 2]]');
select expect.rows('select run_id, step, index, attempt, alone, crashes, suspect, worker_id = stage.w() from pgflow.mark',
       '[["a", 1, 1, 2, true, 0, false, true]]');
select expect.equal(current_setting('synchronous_commit'), 'on', 'it is promised');
select expect.throws($$select * from stage.answer('w',
       '{"number": 6, "entries": [{"run": "a", "claim": 1, "outcomes": [{"step": 0, "output": [1, 2]}]}]}')$$, '23505',
                     '%outcome%');
select expect.touched();

-- case: an entry that the worker no longer holds is refused, whatever it has with it; the others are recorded
select stage.runs_of_flow('mine', 'theirs');
select stage.worker(), stage.worker('other');
select stage.own('w', 'mine'), stage.own('other', 'theirs');
select stage.look();
select expect.rows($$select * from stage.answer('w', '{"number": 5, "entries": [
    {"run": "theirs", "claim": 2, "fate": 0, "outcomes": [{"step": 0, "output": 1}], "maps": [[1, 1]], "attempts": [{"step": 3, "number": 1}],
     "shares": [{"step": 2}], "begins": [{"step": 2}]},
    {"run": "mine", "claim": 1, "outcomes": [{"step": 0, "output": 1}]}, {"run": "theirs", "claim": 1, "fate": 1}, {"run": "mine", "task": 99, "fate": 1},
    {"run": "gone", "claim": 1, "fate": 4}]}')$$,
           '[[{"kind": 1, "number": 1}], [{"kind": 1, "number": 3}], [{"kind": 1, "number": 4}], [{"kind": 1, "number": 5}]]');
select expect.touched('outcome mine', 'claim');
select expect.rows('select number, runs from pgflow.claim order by 1', '[[1, ["mine"]], [2, ["theirs"]], [5, []]]',
       'a call that gives work away leaves a claim');
select expect.sound();

-- case: the ends of runs: completed, failed, cancelled
select stage.runs_of_flow('c', 'f', 'x', 'on');
select stage.worker();
select stage.own('w', 'c', 'f', 'x', 'on'), stage.message('c', 's');
select stage.look();
select expect.rows($$select * from stage.answer('w',
       '{"number": 5, "entries": [{"run": "c", "claim": 1, "fate": 1}, {"run": "f", "claim": 1, "fate": 2, "error": "e"},
                     {"run": "x", "claim": 1, "fate": 3, "error": "why"}]}')$$, '[]', 'an answer');
select expect.touched('run_end c', 'run_end f', 'run_end x', 'claim');
select expect.rows('select run_id, status, error, ended_at = pgflow.now(), period from pgflow.run_end order by status',
                   '[["c", "c", null, true, 21929], ["f", "f", "e", true, 21929], ["x", "x", "why", true, 21929]]');
select expect.rows('select number, runs from pgflow.claim', '[[1, ["on"]]]', 'what is left of the claim');
select stage.answer('w', '{"number": 6, "entries": [{"run": "on", "claim": 1, "fate": 1}]}');
select expect.rows('select * from pgflow.claim', '[]', 'and with the last of it nothing');
select expect.sound();

-- case: what is out of a run that ends goes with it, also what others hold
select stage.runs_of_flow('a', 'b');
select stage.worker(), stage.worker('other');
select stage.own('w', 'a', 'b'), stage.task('a', 1, 0), stage.task('a', 1, 1, p_worker => 'other'), stage.mark('a', 1, 0), stage.message('a', 'p'),
       stage.task('b', 1, 0);
select stage.look();
select stage.answer('w', '{"number": 5, "entries": [{"run": "a", "claim": 1, "fate": 2, "shared": true}]}');
select expect.touched('run_end a', 'claim', 'task a', 'share a', 'mark a', 'inbox a');
select expect.sound();

-- case: one that has failed and goes on with its last step keeps what people want, and its owner
select stage.runs_of_flow('a');
select stage.worker();
select stage.own('w', 'a'), stage.task('a', 1, 0), stage.mark('a', 4), stage.mark('a', 1, 0), stage.message('a', 'x'), stage.message('a', 's');
select stage.look();
select stage.answer('w',
       '{"number": 5, "entries": [{"run": "a", "claim": 1, "fate": -1, "shared": true, "outcomes": [{"step": 2, "kind": "f", "error": "no"}]}]}');
select expect.touched('outcome a', 'task a', 'share a', 'mark a', 'inbox a');
select expect.rows('select step from pgflow.mark', '[[4]]');
select expect.rows('select kind from pgflow.inbox', '[["x"]]');
select expect.sound();

-- case: parked until a time, for ever, or due at once; where a message has come, it stays with its owner
select stage.runs_of_flow('timed', 'ever', 'now', 'called', 'on');
select stage.worker();
select stage.own('w', 'timed', 'ever', 'now', 'called', 'on'), stage.message('called', 's');
select stage.look();
select expect.rows($$select * from stage.answer('w',
       '{"number": 5, "entries": [{"run": "timed", "claim": 1, "fate": 4, "due_ms": 1500}, {"run": "ever", "claim": 1, "fate": 4, "due_ms": -1},
    {"run": "now", "claim": 1, "fate": 4, "due_ms": 0}, {"run": "called", "claim": 1, "fate": 4, "due_ms": 0}]}')$$,
    '[[{"kind": 3, "run_id": "ever"}], [{"kind": 3, "run_id": "now"}], [{"kind": 3, "run_id": "timed"}]]');
select expect.touched('ready timed', 'ready ever', 'ready now', 'claim');
select expect.rows($$select run_id, due, fresh, paused,
       case when available_at < 'infinity' then available_at - pgflow.now() end from pgflow.ready order by available_at$$,
    '[["now", true, false, false, "00:00:00"], ["timed", false, false, false, "00:00:01.5"], ["ever", false, false, false, null]]');
select expect.rows('select runs @> stage.runs(''called'', ''on''), cardinality(runs) from pgflow.claim', '[[true, 2]]');
select expect.sound();

-- case: a message that was heard is gone, and keeps nobody from being parked
select stage.runs_of_flow('a');
select stage.worker();
select stage.own('w', 'a'), set_config('stage.message', stage.message('a', 's')::text, true);
select expect.rows($$select stage.answer('w', format('{"number": 5, "heard": [%s], "entries": [{"run": "a", "claim": 1, "fate": 4, "due_ms": -1}]}',
       current_setting('stage.message'))::jsonb)$$,
                   '[[{"kind": 3, "run_id": "a"}]]');
select expect.rows('select * from pgflow.inbox', '[]');
select expect.sound();

-- case: handed back it is due at once, also where a message has come
select stage.runs_of_flow('a');
select stage.worker();
select stage.own('w', 'a'), stage.message('a', 's');
select stage.look();
select stage.answer('w', '{"number": 5, "entries": [{"run": "a", "claim": 1, "fate": 5, "due_ms": 900}]}');
select expect.touched('ready a', 'claim');
select expect.rows('select due, fresh, paused, available_at = pgflow.now() from pgflow.ready', '[[true, false, false, true]]');

-- case: paused it is not due, what nobody has taken of it is taken back, and what others execute goes on
select stage.runs_of_flow('a', 'wanted', 'at once');
select stage.worker(), stage.worker('other');
select stage.own('w', 'a', 'wanted', 'at once'), stage.task('a', 1, 0), stage.task('a', 1, 1, p_worker => 'other'), stage.message('a', 's'),
       stage.message('wanted', 'r');
select stage.look();
select stage.answer('w',
       '{"number": 5, "entries": [{"run": "a", "claim": 1, "fate": 6, "shared": true, "due_ms": 1000}, {"run": "wanted", "claim": 1, "fate": 6}, {"run": "at once", "claim": 1, "fate": 6}]}');
select expect.touched('ready a', 'ready wanted', 'ready at once', 'claim', 'task a', 'share a');
select expect.rows('select run_id, due, paused, available_at - pgflow.now() from pgflow.ready order by due, available_at',
    '[["at once", false, true, "00:00:00"], ["a", false, true, "00:00:01"], ["wanted", true, false, "00:00:00"]]');
select expect.rows('select first from pgflow.task', '[[1]]');
select expect.rows('select remaining from pgflow.share', '[[1]]');
select expect.sound();

-- case: work that is given away: ranges, plain steps, to queues
select stage.define();
select stage.worker();
select stage.start('a', p_priority => 3, p_namespace => 's'), stage.own('w', 'a');
update pgflow.run set crashes = 1;
select stage.look();
select stage.answer('w', '{"number": 5, "entries": [{"run": "a", "claim": 1, "shares": [{"step": 1, "first": 0, "count": 2, "items": [7, 8]},
    {"step": 1, "first": 2, "count": 1, "items": [9], "attempts": 1, "queue": "q"}, {"step": 2}]}]}');
select expect.touched('task a', 'share a', 'claim');
select expect.rows('select step, first, count, items, attempts, crashes, due, priority, turn, queue, namespace, worker_id, cancelled, available_at = pgflow.now() from pgflow.task order by id',
    '[[1, 0, 2, [7, 8], 0, 1, true, 3, 0, "default", "s", null, null, true], [1, 2, 1, [9], 1, 1, true, 3, 0, "q", "s", null, null, true],
      [2, -1, 1, null, 0, 1, true, 3, 1, "default", "s", null, null, true]]');
select expect.rows('select step, remaining, failed from pgflow.share order by step', '[[1, 2, false], [2, 1, false]]');
select expect.rows('select number, runs from pgflow.claim order by 1', '[[1, ["a"]], [5, []]]', 'what says that the call has committed');
select stage.answer('w', '{"number": 6, "marker": 5, "entries": [{"run": "a", "claim": 1, "shares": [{"step": 1, "first": 3, "items": [1]}]}]}');
select expect.rows('select number from pgflow.claim order by 1', '[[1], [6]]', 'the marker is gone, and another one is left');
select expect.rows('select turn from pgflow.task where first = 3', '[[2]]', 'its turn is after those of the run');
select expect.rows('select remaining from pgflow.share where step = 1', '[[3]]');
select stage.answer('w', '{"number": 7, "marker": 1}');
select expect.rows('select number from pgflow.claim order by 1', '[[1], [6]]', 'a claim with runs is no marker');

-- case: a run that comes later has its first task beside the head of the queue
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.own('w', 'a', 'b'), stage.task('a', 1, 0, p_turn => 4), stage.task('a', 1, 1, p_turn => 5);
select stage.answer('w', '{"number": 5, "entries": [{"run": "b", "claim": 1, "shares": [{"step": 1, "first": 0}, {"step": 1, "first": 1}]}]}');
select expect.rows('select turn from pgflow.task where run_id = stage.run(''b'') order by id', '[[4], [5]]');

-- case: tasks that are done: the owner is woken by the last of a step, and by a failure
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.park('a'), stage.park('b'), set_config('stage.one', stage.task('a', 1, 0, p_worker => 'w')::text, true), set_config('stage.two',
       stage.task('a', 1, 1, p_worker => 'w')::text, true),
       set_config('stage.bad', stage.task('b', 1, 0, 2, p_worker => 'w')::text, true);
select stage.look();
select expect.rows($$select stage.answer('w',
       format('{"number": 5, "entries": [{"run": "a", "task": %s, "fate": 1, "outcomes": [{"step": 1, "index": 0, "output": 1}]}]}',
                     current_setting('stage.one'))::jsonb)$$, '[]', 'one is left');
select expect.touched('task a', 'share a', 'outcome a');
select expect.rows($$select stage.answer('w',
       format('{"number": 6, "entries": [{"run": "a", "task": %s, "fate": 1, "outcomes": [{"step": 1, "index": 1, "output": 1}]},
                     {"run": "b", "task": %s, "fate": 0, "outcomes": [{"step": 1, "index": 0, "kind": "f", "error": "no"}]}]}',
                     current_setting('stage.two'), current_setting('stage.bad'))::jsonb)$$,
                            '[[{"kind": 2, "run_id": "a"}], [{"kind": 2, "run_id": "b"}]]');
select expect.touched('task a', 'share a', 'share b', 'outcome a', 'outcome b', 'ready a', 'ready b', 'inbox a', 'inbox b');
select expect.rows('select run_id, step, kind from pgflow.inbox order by run_id = stage.run(''b'')', '[["a", 1, "s"], ["b", 1, "s"]]');
select expect.rows('select run_id, due from pgflow.ready order by run_id = stage.run(''b'')', '[["a", true], ["b", true]]');
select expect.rows('select run_id, remaining, failed from pgflow.share', '[["b", 1, true]]');
select expect.sound();

-- case: a failed attempt of a task's unit is a task of its own; but not of a run that is paused
select stage.runs_of_flow('a', 'paused');
select stage.worker();
select stage.park('a'), stage.park('paused'), set_config('stage.a', stage.task('a', 1, 0, 2, p_worker => 'w', p_turn => 3, p_crashes => 1)::text,
       true),
       set_config('stage.b', stage.task('paused', 1, 0, 2, p_worker => 'w')::text, true);
select pgflow.pause_run(stage.run('paused'));
select stage.look();
select stage.answer('w',
       format('{"number": 5, "entries": [{"run": "a", "task": %s, "attempts": [{"step": 1, "index": 1, "number": 1, "retry_ms": 1500, "item": 8}]},
                                 {"run": "paused", "task": %s, "fate": 1, "attempts": [{"step": 1, "index": 1, "number": 1, "retry_ms": 0, "item": 8}]}]}',
                                current_setting('stage.a'), current_setting('stage.b'))::jsonb);
select expect.touched('attempt a', 'attempt paused', 'task a', 'task paused', 'share a', 'share paused', 'inbox paused');
select expect.rows('select run_id, first, count, attempts, crashes, due, available_at - pgflow.now(), turn, items, worker_id from pgflow.task where worker_id is null',
                   '[["a", 1, 1, 1, 1, false, "00:00:01.5", 3, [8], null]]');
select expect.rows('select run_id, remaining from pgflow.share', '[["a", 2]]');
select expect.sound();

-- case: repeated after it had committed: nothing is written again, and what was claimed is given again
select stage.runs_of_flow('a', 'b', 'c');
select stage.worker();
select stage.own('w', 'a', 'b');
select stage.answer('w',
       '{"number": 5, "runs": 9, "entries": [{"run": "a", "claim": 1, "fate": 4, "due_ms": -1}, {"run": "b", "claim": 1, "outcomes": [{"step": 0, "output": 1}]}]}');
select stage.look();
select expect.rows($$select a - 'version_id' from stage.answer('w',
       '{"number": 5, "repeated": true, "runs": 9, "entries": [{"run": "a", "claim": 1, "fate": 4, "due_ms": -1},
                     {"run": "b", "claim": 1, "outcomes": [{"step": 0, "output": 1}]}, {"run": "a", "claim": 1}]}') a$$,
    '[[{"kind": 1, "number": 3}], [{"kind": 3, "run_id": "a"}], [{"kind": 4, "run_id": "c", "index": 1, "attempts": 0, "flag": "f", "payload": 1}]]');
select expect.touched();

-- case: repeated, without a claim to say so: the same outcomes are accepted; of others, the run goes back to the queue
select stage.runs_of_flow('same', 'other');
select stage.worker();
select stage.own('w', 'same', 'other'), set_config('stage.message', stage.message('other', 'x')::text, true);
select stage.answer('w',
       '{"number": 5, "entries": [{"run": "same", "claim": 1, "outcomes": [{"step": 0, "output": 1}]}, {"run": "other", "claim": 1, "outcomes": [{"step": 0, "output": 1}]}]}');
select stage.look();
select expect.rows($$select stage.answer('w',
       format('{"number": 5, "repeated": true, "heard": [%s], "entries": [{"run": "same", "claim": 1, "outcomes": [{"step": 0, "output": 1}]},
                     {"run": "other", "claim": 1, "outcomes": [{"step": 0, "output": 2}]}]}', current_setting('stage.message'))::jsonb)$$,
                            '[[{"kind": 1, "number": 2}]]');
select expect.touched('ready other', 'claim');
select expect.rows('select run_id, due, fresh, available_at = pgflow.now() from pgflow.ready', '[["other", true, false, true]]');
select expect.rows('select runs from pgflow.claim', '[[["same"]]]');
select expect.rows('select kind from pgflow.inbox', '[["x"]]', 'what was heard of it, the next owner is to hear');
select expect.sound();

-- case: a unit that begins again is marked anew
select stage.runs_of_flow('a');
select stage.worker();
select stage.own('w', 'a'), stage.mark('a', 0, p_crashes => 2, p_suspect => true);
select stage.answer('w', '{"number": 5, "entries": [{"run": "a", "claim": 1, "begins": [{"step": 0, "attempt": 3, "alone": true}]}]}');
select expect.rows('select attempt, alone, crashes, suspect, worker_id = stage.w() from pgflow.mark', '[[3, true, 2, true, true]]');

-- case: messages of the runs that it watches, and tasks that it no longer holds
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.own('w', 'a', 'b'), stage.message('a', 'x', p_reason => 'stop'), stage.message('b', 'p');
select expect.rows($$select a - 'number' from stage.answer('w', '{"number": 5, "watch": ["a"], "known": [0]}') a$$,
                   '[[{"kind": 8, "flag": "x", "error": "stop", "run_id": "a"}], [{"kind": 15}]]');

-- case: called by itself: from low-water marks on, by queues, with the turns of namespaces
select stage.define();
select stage.worker();
select stage.start('passed'), stage.start('next'), stage.start('of a', p_namespace => 'a'), stage.start('of b', p_namespace => 'b'),
       stage.start('of q', p_queue => 'q');
select stage.start('out', p_namespace => 'z'), stage.own('w', 'out'), stage.task('out', 2, p_queue => 'q');
select expect.rows($$
    select kind, run_id, step, index, number - (select min(seq) from pgflow.ready), flag, error
    from pgflow.exchange(
        0, stage.w(), 5, false, 0, '{default,q}', array[stage.version()], '{0,0}', array[(select min(seq) + 1 from pgflow.ready), 0], '{9,9}',
               '{0,9}', null, null,
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
               null, null, null, null,
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
    where kind not in (9, 10)$$,
    '[[4, "next", null, 1, null, "f", null], [4, "of a", null, 1, null, "f", null], [4, "of b", null, 1, null, "f", null], [4, "of q", null, 2, null, "f", null],
      [12, null, 1, 0, 1, null, null], [12, null, 2, 0, 4, null, null], [17, null, 1, null, null, "r", ""], [17, null, 2, null, null, "t", "z"]]');
select expect.sound();

-- case: claims and markers of another worker with the same numbers are others
select stage.runs_of_flow('theirs', 'mine');
select stage.worker('other'), stage.worker();
insert into pgflow.claim values (0, stage.w('other'), 5, pgflow.now(), stage.runs('theirs')), (0, stage.w('other'), 6, pgflow.now(), '{}'),
                                (0, stage.w(), 4, pgflow.now(), stage.runs('mine'));
delete from pgflow.ready;
select stage.look();
select expect.rows($$select * from stage.answer('w', '{"number": 5, "repeated": true, "marker": 6, "entries": [{"run": "theirs", "claim": 5, "fate": 1},
                     {"run": "theirs", "claim": 4}, {"run": "mine", "claim": 5}]}')$$,
       '[[{"kind": 1, "number": 1}], [{"kind": 1, "number": 2}], [{"kind": 1, "number": 3}]]');
select expect.touched();
select expect.sound();

-- case: units that ask to be executed again: of a run that is kept only, of a task it becomes one of its own, which the share counts
select stage.runs_of_flow('a', 'b', 'theirs');
select stage.worker(), stage.worker('other');
select stage.own('w', 'a'), stage.own('other', 'theirs'), stage.park('b');
do $$ begin perform set_config('stage.task', stage.task('b', 1, 0, 2, 'w')::text, true); end $$;
select stage.look();
select expect.rows($$select stage.answer('w', format('{"number": 5, "entries": [
    {"run": "a", "claim": 1, "repeats": [{"step": 0, "count": 1, "attempts": 2, "wait_ms": 1500, "state": "x"}]},
    {"run": "theirs", "claim": 2, "repeats": [{"step": 0, "count": 1}]},
    {"run": "b", "task": %s, "fate": 1, "outcomes": [{"step": 1, "index": 0, "output": 1}], "repeats": [{"step": 1, "index": 1, "count": 1, "item": 20}]}]}',
    current_setting('stage.task'))::jsonb)$$, '[[{"kind": 1, "number": 2}]]');
select expect.touched('repeat a', 'repeat b', 'outcome b', 'task b');
select expect.rows('select run_id, step, index, count, attempts, due_at - pgflow.now(), state from pgflow.repeat order by 5 desc',
    '[["a", 0, -1, 1, 2, "00:00:01.5", "x"], ["b", 1, 1, 1, 0, "00:00:00", {}]]');
select expect.rows('select run_id, first, count, own, due, items, worker_id from pgflow.task', '[["b", 1, 1, true, true, [20], null]]');
select expect.rows('select remaining from pgflow.share', '[[1]]');
select expect.sound();

-- case: work that is given away and was executed before is a task of its own
select stage.runs_of_flow('a');
select stage.worker(), stage.own('w', 'a');
select stage.repeat('a', 1, 0), stage.repeat('a', 1, 4), stage.repeat('a', 3);
select stage.answer('w', '{"number": 5, "entries": [{"run": "a", "claim": 1, "shares": [{"step": 1, "first": 0, "count": 1, "items": [1]},
    {"step": 1, "first": 1, "count": 1, "items": [1]}, {"step": 1, "first": 2, "count": 1, "attempts": 1, "items": [1]}, {"step": 1, "first": 4, "count": 2, "items": [1, 2]},
    {"step": 2}, {"step": 3}]}]}');
select expect.rows('select step, first, own from pgflow.task order by 1, 2',
    '[[1, 0, true], [1, 1, false], [1, 2, true], [1, 4, false], [2, -1, false], [3, -1, true]]');

-- case: what has failed in a range is a task of its own
select stage.runs_of_flow('b');
select stage.worker(), stage.park('b');
do $$ begin perform set_config('stage.task', stage.task('b', 1, 0, 2, 'w')::text, true); end $$;
select stage.answer('w', format('{"number": 5, "entries": [{"run": "b", "task": %s, "fate": 1, "outcomes": [{"step": 1, "index": 0, "output": 1}],
    "attempts": [{"step": 1, "index": 1, "number": 1, "item": 20}]}]}', current_setting('stage.task'))::jsonb);
select expect.rows('select first, attempts, own from pgflow.task', '[[1, 1, true]]');

-- case: units start children, of runs that are its own; where such runs end or fail, their families are told
select stage.runs_of_flow('a', 'failing', 'stranger', 'theirs');
select stage.child('a', 'b', 0), stage.child('failing', 'c', 0), stage.child('stranger', 'd', 0), stage.child('theirs', 'e', 0), stage.child('b', 'f', 0);
select stage.worker(), stage.worker('other');
select stage.own('w', 'a', 'failing', 'stranger', 'b'), stage.own('other', 'theirs');
select stage.look();
select expect.rows($$select stage.answer('w', '{"number": 5, "families": ["a", "failing", "b", "theirs"], "entries": [
    {"run": "a", "claim": 1, "children": [{"step": 1, "index": 2, "queue": "q", "deadline_ms": 1000, "input": 7}]},
    {"run": "failing", "claim": 1, "fate": -1}, {"run": "stranger", "claim": 1, "fate": 1}, {"run": "b", "claim": 1, "fate": 2},
    {"run": "theirs", "claim": 2, "fate": 1, "children": [{"step": 1, "index": 2}]}]}')$$, '[[{"kind": 1, "number": 5}]]');
select stage.name('new', id) from pgflow.run where parent_index = 2;
select expect.touched('child a', 'run new', 'ready new', 'run_end stranger', 'run_end b', 'claim', 'errand b', 'errand c', 'errand f');
select expect.rows('select id, queue, deadline_at - pgflow.now(), input from pgflow.run where id = stage.run(''new'')', '[["new", "q", "00:00:01", 7]]');
select expect.rows('select stage.readable(run_id::text), kind from pgflow.errand order by 1', '[["b", "e"], ["c", "c"], ["f", "c"]]');
