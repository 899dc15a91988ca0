-- broken: when sqlstate 'PF004' then return false; => when sqlstate 'PF004' then return true;
-- broken: raise exception 'the unit has asked for nothing' using errcode = 'PF004'; => return false;
-- broken: r.count >= p_count => r.count > p_count
-- broken: r.count >= p_count => true
-- broken: r.step = p_step and r.index = p_index => r.step = p_step
-- broken: r.run_id = p_run and r.step => r.step

-- case: whether it has asked so often, or more often; of this unit, and of this run
select stage.runs_of_flow('a', 'b');
select stage.repeat('b', 1, 0, p_count => 9), stage.repeat('a', 1, 1, p_count => 9), stage.repeat('a', 1, 0, p_count => 3), stage.repeat('a', 2, p_count => 5);
select stage.look();
select expect.rows($$select c, pgflow.has_repeated(0, stage.period('a'), stage.run('a'), 1::smallint, 0, c) from generate_series(2, 4) c$$,
    '[[2, true], [3, true], [4, false]]');
select expect.equal(pgflow.has_repeated(0, stage.period('a'), stage.run('a'), 1::smallint, 2, 1), false, 'one that has asked for nothing');
select expect.equal(pgflow.has_repeated(0, stage.period('a'), stage.run('a'), 3::smallint, -1, 1), false, 'another step');
select expect.touched();
