-- broken: pgflow.now() - steady_since, => 
-- broken: , clock_timestamp() - pg_postmaster_start_time() =>
-- broken: and pgflow.now() - beat_at < silence_limit / 2 =>
-- broken: and dead_at is null =>
-- broken: ), false) => ), true)

-- case: one whose beats have come without a gap for the silence limit
select stage.worker('w', '100 ms');
select expect.equal(pgflow.may_judge(0, stage.w()), false, 'it has just begun');
update pgflow.worker set steady_since = pgflow.now() - interval '99 ms';
select expect.equal(pgflow.may_judge(0, stage.w()), false, 'not long enough');
update pgflow.worker set steady_since = pgflow.now() - interval '100 ms';
select expect.equal(pgflow.may_judge(0, stage.w()), true, 'for long enough');
update pgflow.worker set beat_at = pgflow.now() - interval '49 ms';
select expect.equal(pgflow.may_judge(0, stage.w()), true, 'its last beat was a while ago');
update pgflow.worker set beat_at = pgflow.now() - interval '50 ms';
select expect.equal(pgflow.may_judge(0, stage.w()), false, 'too long ago');

-- case: none that is dead or unknown
select stage.worker('w', '10 ms');
update pgflow.worker set steady_since = '2020-01-01', dead_at = pgflow.now();
select expect.equal(pgflow.may_judge(0, stage.w()), false, 'a dead one');
select expect.equal(pgflow.may_judge(0, 0), false, 'an unknown one');
select expect.equal(pgflow.may_judge(0, null), false, 'none');

-- case: none for as long as the server has not been up for the limit
select stage.worker('w', '100 years');
update pgflow.worker set steady_since = '1900-01-01';
select expect.equal(pgflow.may_judge(0, stage.w()), false, 'after an outage');
