-- broken: on conflict do nothing => on conflict (bucket, worker_id, number) do update set runs = '{}'
-- broken: pgflow.fence(p_bucket, p_worker) => true
-- broken: v_runs, v_runs) => '{}', '{}')
-- broken: values (p_bucket, p_worker, p_number, pgflow.now(), '{}') => select p_bucket, p_worker, p_number, pgflow.now(), '{}' where false
-- broken: c.worker_id = p_worker and c.number = p_number => c.number = p_number

-- case: a start that has committed gives its run, with what is known of it
select stage.define();
select stage.worker();
select stage.name('a', pgflow.start_claimed(0, stage.w(), 5, stage.version(), '7', 'default', 0, '', '1500 ms'));
select stage.outcome('a', 0, '[1]');
select stage.look();
select expect.rows($$select kind, run_id, number, version_id = stage.version(), step, index, attempts, flag, payload
                     from pgflow.settle_start(0, stage.w(), 5, '{q,default}')$$,
    '[[4, "a", 1500, true, null, 2, 0, "t", 7], [5, "a", null, null, 0, -1, 1, "c", [1]]]');
select expect.touched();

-- case: where there was none, none will ever be
select stage.define();
select stage.worker();
select expect.rows($$select * from pgflow.settle_start(0, stage.w(), 5, '{default}')$$, '[]');
select expect.rows('select worker_id = stage.w(), number, runs from pgflow.claim', '[[true, 5, []]]');
select expect.throws($$select pgflow.start_claimed(0, stage.w(), 5, stage.version(), '1', 'default', 0, '', null)$$, '23505', '%claim_pkey%');
select stage.look();
select expect.rows($$select * from pgflow.settle_start(0, stage.w(), 5, '{default}')$$, '[]', 'asked again');
select expect.touched();

-- case: one that has ended meanwhile, or whose worker is dead, gives nothing
select stage.define();
select stage.worker();
update pgflow.worker set dead_at = pgflow.now();
select stage.look();
select expect.throws($$select * from pgflow.settle_start(0, stage.w(), 5, '{default}')$$, 'PF001', 'worker % counts as dead%');
select expect.throws($$select * from pgflow.settle_start(0, 0, 5, '{default}')$$, 'PF001', 'worker 0 counts as dead%');
select expect.touched();

-- case: a claim of another worker with the same number is another one
select stage.runs_of_flow('theirs');
select stage.worker('other'), stage.worker();
insert into pgflow.claim values (0, stage.w('other'), 5, pgflow.now(), stage.runs('theirs'));
select expect.rows($$select * from pgflow.settle_start(0, stage.w(), 5, '{default}')$$, '[]');
