-- broken: array[v_id] => '{}'
-- broken: v_now + p_deadline => null
-- broken: pgflow.fence(p_bucket, p_worker) => true
-- broken: perform pgflow.require_read_committed(); => null;

-- case: the run is the worker's from the beginning, and never queued
select stage.define();
select stage.worker();
select stage.look();
select stage.name('a', pgflow.start_claimed(0, stage.w(), 5, stage.version(), '1', 'q', 3, 's', '1 min'));
select expect.touched('run a', 'claim');
select expect.rows($$select input, checked, queue, priority, namespace, deadline_at - pgflow.now(), created_at = pgflow.now(), crashes, period
                     from pgflow.run$$, '[[1, true, "q", 3, "s", "00:01:00", true, 0, 21929]]');
select expect.rows('select worker_id = stage.w(), number, runs, claimed_at = pgflow.now() from pgflow.claim', '[[true, 5, ["a"], true]]');
select expect.sound();

-- case: without a deadline it has none
select stage.define();
select stage.worker();
select pgflow.start_claimed(0, stage.w(), 5, stage.version(), '1', 'q', 3, 's', null);
select expect.rows('select deadline_at from pgflow.run', '[[null]]');

-- case: a number that was used is refused, as is a worker that is dead or unknown
select stage.define();
select stage.worker(), stage.worker('dead');
select pgflow.start_claimed(0, stage.w(), 5, stage.version(), '1', 'q', 3, 's', null);
update pgflow.worker set dead_at = pgflow.now() where name = 'dead';
select stage.look();
select expect.throws($$select pgflow.start_claimed(0, stage.w(), 5, stage.version(), '1', 'q', 3, 's', null)$$, '23505', '%claim_pkey%');
select expect.throws($$select pgflow.start_claimed(0, stage.w('dead'), 6, stage.version(), '1', 'q', 3, 's', null)$$, 'PF001',
                     'worker % counts as dead: its runs have been handed on');
select expect.throws($$select pgflow.start_claimed(0, 0, 6, stage.version(), '1', 'q', 3, 's', null)$$, 'PF001', 'worker 0 counts as dead%');
select expect.touched();

-- case: another isolation is refused
-- isolation: repeatable read
select stage.define();
select stage.worker();
select expect.throws($$select pgflow.start_claimed(0, stage.w(), 5, stage.version(), '1', 'q', 3, 's', null)$$, '0A000', '%REPEATABLE READ');
