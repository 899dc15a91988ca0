-- broken: perform pgflow.fence(p_bucket, p_worker); => null;
-- broken: 'pgflow.step_mark', p_mark => 'pgflow.step_mark', 'a mark'

-- case: it leaves a mark for this transaction
select stage.worker();
select stage.look();
select pgflow.begin_step(0, stage.w(), 'the mark');
select expect.equal(current_setting('pgflow.step_mark'), 'the mark', 'the mark');
select expect.rows('select xmax::text <> ''0'' from pgflow.worker', '[[true]]', 'the worker is locked');
select expect.touched();

-- case: where the transaction is rolled back to what was before, the mark is gone
select stage.worker();
savepoint before;
select pgflow.begin_step(0, stage.w(), 'the mark');
rollback to before;
select expect.equal(coalesce(current_setting('pgflow.step_mark', true), ''), '', 'the mark');

-- case: what another transaction has left is no mark of this one
select expect.equal(coalesce(current_setting('pgflow.step_mark', true), ''), '', 'the mark');

-- case: a worker that is dead is refused
select stage.worker();
update pgflow.worker set dead_at = pgflow.now();
select expect.throws($$select pgflow.begin_step(0, stage.w(), 'the mark')$$, 'PF001', 'worker % counts as dead%');
