-- broken: perform pgflow.take_back(p_bucket, p_runs); => null;
-- broken: update run set deadline_at = null => update run set deadline_at = deadline_at
-- broken: p_step is null or o.step = p_step => true
-- broken: and s.on_failure => and false
-- broken: where a.attempts > 0 => where true
-- broken: a.attempts, a.worker_id => 1, a.worker_id
-- broken: 'it was done, and then somebody had the run go on'), true => 'it was done, and then somebody had the run go on'), false

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
