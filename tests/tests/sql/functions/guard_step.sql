-- broken: is distinct from p_mark then => is null then
-- broken: perform pgflow.fence(p_bucket, p_worker); => null;
-- broken: and p_run = any(c.runs) for share => for share
-- broken: and t.worker_id = p_worker for share => for share
-- broken: if not found then => if false then
-- broken: 'idle_in_transaction_session_timeout', '5s' => 'idle_in_transaction_session_timeout', '0'
-- broken: c.number = p_claim and => true and
-- broken: c.worker_id = p_worker and c.number = p_claim => c.number = p_claim

-- case: the transaction that was begun, of a worker that has the run, or the task; it must not linger
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker(), stage.worker('other');
select stage.own('w', 'a'), stage.own('w', 'b'), stage.own('other', 'a');
select set_config('stage.mine', stage.task('b', 1, 0, p_worker => 'w')::text, true), set_config('stage.theirs', stage.task('b', 1, 1, p_worker => 'other')::text, true);
select pgflow.begin_step(0, stage.w(), 'm');
select stage.look();
select pgflow.guard_step(0, stage.w(), 'm', 1, 0, stage.run('a'));
select expect.equal(current_setting('idle_in_transaction_session_timeout'), '5s', 'how long it may linger');
select pgflow.guard_step(0, stage.w(), 'm', 0, current_setting('stage.mine')::bigint, stage.run('b'));
select expect.throws($$select pgflow.guard_step(0, stage.w(), 'm', 2, 0, stage.run('a'))$$, 'PF003', 'run a is no longer with worker %');
select expect.throws($$select pgflow.guard_step(0, stage.w(), 'm', 3, 0, stage.run('a'))$$, 'PF003', 'run a is no longer with worker %');
select expect.throws($$select pgflow.guard_step(0, stage.w(), 'm', 0, current_setting('stage.theirs')::bigint, stage.run('b'))$$, 'PF003',
                     'run b is no longer with worker %');
select expect.touched();

-- case: a transaction that its own SQL has ended is refused, whatever mark the next one has; and a worker that died
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.worker(), stage.own('w', 'a');
select expect.throws($$select pgflow.guard_step(0, stage.w(), 'm', 1, 0, stage.run('a'))$$, 'PF002',
    'the transaction of the step was ended by its own SQL (COMMIT or ROLLBACK)', 'Leave the end of the transaction to pgflow%');
select pgflow.begin_step(0, stage.w(), 'another');
select expect.throws($$select pgflow.guard_step(0, stage.w(), 'm', 1, 0, stage.run('a'))$$, 'PF002', '%');
update pgflow.worker set dead_at = pgflow.now();
select expect.throws($$select pgflow.guard_step(0, stage.w(), 'another', 1, 0, stage.run('a'))$$, 'PF001', 'worker % counts as dead%');
