-- broken: perform pgflow.take_back(p_bucket, p_runs); => null;
-- broken: update run set deadline_at = null => update run set deadline_at = deadline_at
-- broken: p_step is null or o.step = p_step => true
-- broken: and s.on_failure => and false
-- broken: where a.attempts > 0 => where true
-- broken: a.attempts, a.worker_id => 1, a.worker_id
-- broken: 'it was done, and then somebody had the run go on'), true => 'it was done, and then somebody had the run go on'), false
-- broken: set count = 0, began_at = v_now => set count = count, began_at = v_now
-- broken: set count = 0, began_at = v_now => set count = 0, began_at = began_at
-- broken: least(r.due_at, v_now) => v_now
-- broken: o.run_id = r.run_id and o.step = r.step and o.index = r.index => o.run_id = r.run_id and o.step = r.step
-- broken: o.run_id = r.run_id and o.step = r.step and o.index = r.index => false
-- broken: and s.signal is not null =>
-- broken: and y.step = a.step and y.index = a.index and y.number > 0 => and false
-- broken: o.run_id = a.run_id and o.step = a.step); => false);
-- broken: c.index, c.step, c.number, 0, 0, v_now, v_now => c.index, c.step, 1, 0, 0, v_now, v_now
-- broken: e.run_id = c.child_id and e.status = 'c') => e.run_id = c.child_id)
-- broken: e.run_id = c.child_id and e.status = 'c') => false)
-- broken: o.step = c.step and o.index = c.index) => false)
-- broken: c.child_id), true => c.child_id), false

-- case: what they failed of goes to the failed attempts, and is tried again; what is done stays
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start(n, p_deadline => '1 min') from unnest('{a,b}'::text[]) n;
select stage.outcome(n, 0, '[1, 2]'), stage.outcome(n, 1, '10', 0), stage.outcome(n, 1, null, 1, 'f', 'no', 3), stage.outcome(n, 2, null, -1, 'f',
       'at once', 0), stage.outcome(n, 4, '4'),
       stage.end(n, 'f', 'the end'), stage.message(n, 'x'), stage.mark(n, 1, 0) from unnest('{a,b}'::text[]) n;
select stage.later('1 h');
select stage.look();
select pgflow.revive_runs(0, stage.runs('a'), null);
select expect.touched('run a', 'run_end a', 'outcome a', 'attempt a', 'ready a', 'inbox a', 'mark a');
select expect.rows($$select step, index, kind from pgflow.outcome where run_id = stage.run('a') order by 1$$, '[[0, -1, "c"], [1, 0, "c"]]');
select expect.rows($$select step, index, number, error, resumed, worker_id, duration_ms, pgflow.now() - failed_at,
       retry_at = pgflow.now() from pgflow.attempt order by step$$,
    '[[1, 1, 3, "no", true, 7, 1.5, "01:00:00", true], [4, -1, 1, "it was done, and then somebody had the run go on", true, 7, 1.5, "01:00:00", true]]');
select expect.rows($$select due, fresh, paused, available_at = pgflow.now(), priority, queue, namespace from pgflow.ready$$,
       '[[true, false, false, true, 0, "default", ""]]');
select expect.rows($$select deadline_at from pgflow.run where id = stage.run('a')$$, '[[null]]');

-- case: of one step only, the others have failed still
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.outcome('a', 1, null, 1, 'f', 'no', 3), stage.outcome('a', 2, null, -1, 'f', 'no', 2), stage.outcome('a', 4, '4'), stage.end('a', 'f');
select pgflow.revive_runs(0, stage.runs('a'), 2::smallint);
select expect.rows('select step from pgflow.outcome', '[[1]]');
select expect.rows('select step, number from pgflow.attempt order by step', '[[2, 2], [4, 1]]');

-- case: what has asked for too much goes on from where it was; what is done stays
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.repeat(n, 1, 0, p_count => 9, p_state => '"kept"', p_due => '1 h'), stage.repeat(n, 1, 1, p_count => 5, p_due => '-1 h'), stage.repeat(n, 1, 2, p_count => 4),
       stage.outcome(n, 1, null, 0, 'f', 'too many'), stage.outcome(n, 1, '1', 2), stage.end(n, 'f') from unnest('{a,b}'::text[]) n;
select stage.later('1 min');
select stage.look();
select pgflow.revive_runs(0, stage.runs('a'), null);
select expect.touched('repeat a', 'run_end a', 'outcome a', 'attempt a', 'ready a');
select expect.rows('select index, count, pgflow.now() - began_at, due_at - pgflow.now(), state from pgflow.repeat where run_id = stage.run(''a'') order by 1',
    '[[0, 0, "00:00:00", "00:00:00", "kept"], [1, 0, "00:00:00", "-01:01:00", {}], [2, 4, "00:01:00", "00:00:00", {}]]');

-- case: what has waited for a signal in vain waits again; what has begun, or is done, does not; nor does one that waited for another thing
set local search_path = pgflow, pg_temp;
select stage.runs_that_wait('a', 'b');
select stage.attempt(n, 0, 0, p_retry => '-1 s'), stage.attempt(n, 1, 0, p_retry => '-1 s'), stage.attempt(n, 2, 0, p_retry => '-1 s'), stage.attempt(n, 2, 1),
       stage.attempt(n, 3, 0, p_retry => '-1 s'), stage.outcome(n, 1, null, -1, 'f', 'no signal', 0), stage.outcome(n, 3, '3'), stage.end(n, 'f') from unnest('{a,b}'::text[]) n;
select pgflow.revive_runs(0, stage.runs('a'), null);
select expect.rows('select step, number from pgflow.attempt where run_id = stage.run(''a'') order by 1, 2', '[[0, 0], [2, 0], [2, 1], [3, 0]]');
select expect.rows('select count(*) from pgflow.attempt where run_id = stage.run(''b'')', '[[5]]', 'of another run');

-- case: units whose runs were not completed have others
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.child(n, 'first of ' || n, 1, 0), stage.child(n, 'second of ' || n, 1, 0, 2), stage.child(n, 'cancelled of ' || n, 1, 1), stage.child(n, 'live of ' || n, 1, 2),
       stage.child(n, 'failed of ' || n, 1, 3), stage.child(n, 'completed of ' || n, 1, 4), stage.child(n, 'recorded of ' || n, 1, 5), stage.child(n, 'its of ' || n, 2)
from unnest('{a,b}'::text[]) n;
select stage.outcome('a', 1, '1', 5), stage.outcome('a', 2, null, p_kind => 'f', p_error => 'why'), stage.attempt('a', 1, 1, 0);
select stage.end(k || ' of a', 'x') from unnest('{second,cancelled,recorded}'::text[]) k;
select stage.end(k || ' of a', 'f') from unnest('{first,failed,its}'::text[]) k;
select stage.end('completed of a', 'c'), stage.end('a', 'f');
select stage.look();
select pgflow.revive_runs(0, stage.runs('a'), null);
select expect.touched('run_end a', 'outcome a', 'attempt a', 'ready a');
select expect.rows('select step, index, number, resumed from pgflow.attempt order by 1, 2, 3',
    '[[1, 0, 1, false], [1, 0, 2, true], [1, 1, 1, true], [1, 2, 1, true], [1, 3, 1, true], [2, -1, 1, true]]');
select expect.rows($$select replace(error, stage.run('live of a')::text, 'it') from pgflow.attempt where index = 2$$,
    '[["run it was not completed, and then somebody had the run go on"]]');
