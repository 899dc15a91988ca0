-- broken: perform pgflow.guard_step(p_bucket, p_worker, p_mark, p_claim, p_task, p_run); => null;
-- broken: p_output); => null);
-- broken: p_step, p_attempts, p_worker => p_step, 1, p_worker

-- case: of a run that the worker has: the outcome is recorded, and the transaction must not linger
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.own('w', 'a'), stage.own('w', 'b');
select pgflow.begin_step(0, stage.w(), 'm');
select stage.look();
select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 3::smallint, 4.5, '{"x": 1}');
select expect.touched('outcome a');
select expect.rows('select step, index, attempts, duration_ms, kind, output, error, worker_id = stage.w(), recorded_at = pgflow.now(), period from pgflow.outcome',
                   '[[2, -1, 3, 4.5, "c", {"x": 1}, null, true, true, 21929]]');
select expect.equal(current_setting('idle_in_transaction_session_timeout'), '5s', 'how long it may linger');
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 2, 0, stage.run('a'), stage.period('a'), 1::smallint, 0, 1::smallint, 1, '1')$$,
       'PF003',
                     'run a is no longer with worker %');
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1::smallint, 1, '1')$$,
       '23505', '%outcome%');
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 3::smallint, -1, 1::smallint, 1,
       null)$$, '23514', '%outcome_check%');

-- case: of a task that the worker has
select stage.runs_of_flow('a');
select stage.worker(), stage.worker('other');
select stage.park('a'), set_config('stage.mine', stage.task('a', 1, 0, p_worker => 'w')::text, true), set_config('stage.theirs', stage.task('a', 1,
       1, p_worker => 'other')::text, true);
select pgflow.begin_step(0, stage.w(), 'm');
select stage.look();
select pgflow.commit_step(0, stage.w(), 'm', 0, current_setting('stage.mine')::bigint, stage.run('a'), stage.period('a'), 1::smallint, 0,
       1::smallint, 1, '1');
select expect.touched('outcome a');
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 0, current_setting('stage.theirs')::bigint, stage.run('a'), stage.period('a'),
       1::smallint, 1, 1::smallint, 1, '1')$$,
                     'PF003', 'run a is no longer with worker %');

-- case: a transaction that its own SQL has ended is refused, whatever mark the next one has
select stage.runs_of_flow('a');
select stage.worker(), stage.own('w', 'a');
select stage.look();
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1::smallint, 1, '1')$$,
       'PF002',
                     'the transaction of the step was ended by its own SQL (COMMIT or ROLLBACK)', 'Leave the end of the transaction to pgflow%');
select pgflow.begin_step(0, stage.w(), 'another');
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1::smallint, 1, '1')$$,
       'PF002', '%');
select expect.touched();

-- case: a worker that died meanwhile is refused
select stage.runs_of_flow('a');
select stage.worker(), stage.own('w', 'a');
select pgflow.begin_step(0, stage.w(), 'm');
update pgflow.worker set dead_at = pgflow.now();
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('a'), stage.period('a'), 2::smallint, -1, 1::smallint, 1, '1')$$,
       'PF001', 'worker % counts as dead%');

-- case: a claim of another worker with the same number is another one
select stage.runs_of_flow('theirs');
select stage.worker('other'), stage.worker(), stage.own('other', 'theirs');
select pgflow.begin_step(0, stage.w(), 'm');
select expect.throws($$select pgflow.commit_step(0, stage.w(), 'm', 1, 0, stage.run('theirs'), stage.period('theirs'), 2::smallint, -1, 1::smallint, 1, '1')$$,
       'PF003', 'run theirs is no longer with worker %');
