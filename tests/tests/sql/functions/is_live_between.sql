-- broken: q.period < p_end => q.period <= p_end
-- broken: period_of_run(u.id) < p_end => period_of_run(u.id) <= p_end
-- broken: q.period >= p_first => q.period > p_first

-- case: a run that is queued, or owned, of these periods
select stage.define();
select stage.start('queued');
select stage.later('3 days');
select stage.worker();
select stage.start('owned'), stage.own('w', 'owned');
select stage.look();
select expect.equal(array(select n from generate_series(21927, 21935) n where pgflow.is_live_between(n, n + 1)), '{21929,21932}', 'the days');
select expect.equal(pgflow.is_live_between(21930, 21932), false, 'between them');
select expect.equal(pgflow.is_live_between(21930, 21930), false, 'no day');
select expect.equal(pgflow.is_live_between(0, 99999), true, 'ever');
select expect.touched();

-- case: one that has ended is not
select stage.runs_of_flow('a');
select stage.end('a', 'c');
select expect.equal(pgflow.is_live_between(0, 99999), false, 'ever');
