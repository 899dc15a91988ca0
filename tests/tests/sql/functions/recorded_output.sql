-- broken: when sqlstate 'PF004' then return null; => when sqlstate 'PF004' then return 'null';
-- broken: raise exception 'the unit has no outcome' using errcode = 'PF004'; => return null;
-- broken: and index = p_index and kind => and kind
-- broken: run_id = p_run and step = p_step and index = p_index and kind => step = p_step and index = p_index and kind

-- case: the output that is recorded; null for what has failed, or is not recorded
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '{"x": 1}'), stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, null, 1, 'f', 'no'), stage.outcome('a', 2, 'null');
select stage.look();
select expect.equal(pgflow.recorded_output(0, stage.period('a'), stage.run('a'), 0::smallint, -1), '{"x": 1}', 'a plain step');
select expect.equal(pgflow.recorded_output(0, stage.period('a'), stage.run('a'), 1::smallint, 0), '10', 'an item');
select expect.equal(pgflow.recorded_output(0, stage.period('a'), stage.run('a'), 2::smallint, -1), 'null', 'an output that is null in JSON');
select expect.equal(pgflow.recorded_output(0, stage.period('a'), stage.run('a'), 1::smallint, 1), null, 'one that has failed');
select expect.equal(pgflow.recorded_output(0, stage.period('a'), stage.run('a'), 3::smallint, -1), null, 'none');
select expect.touched();

-- case: what is recorded of another run is of that one
select stage.runs_of_flow('a', 'b');
select stage.outcome('b', 0, '9'), stage.outcome('a', 0, '1');
select expect.equal(pgflow.recorded_output(0, stage.period(n), stage.run(n), 0::smallint, -1), o::jsonb, n) from (values ('a', '1'), ('b', '9')) v(n, o);
