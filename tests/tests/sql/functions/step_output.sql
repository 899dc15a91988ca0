-- broken: order by o.index => order by o.index desc
-- broken: when not coalesce(bool_or(o.index = -1), false) then => when true then
-- broken: and o.step = p_step and o.index = -1) => and o.index = -1 limit 1)
-- broken: o.run_id = p_run and o.step = p_step and o.index = -1 => o.step = p_step and o.index = -1

-- case: of plain steps, and of maps
select stage.runs_of_flow('a', 'b');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 1, '20', 1), stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, null, 2, 's', 'why not'),
       stage.outcome('a', 2, null, -1, 's', 'no'),
       stage.outcome('b', 1, null, -1, 's', 'as a whole');
select stage.look();
select expect.rows($$select n, pgflow.step_output(stage.run('a'), n::smallint) from generate_series(0, 4) n$$,
       '[[0, [1]], [1, [10, 20, null]], [2, null], [3, null], [4, null]]');
select expect.equal(pgflow.step_output(stage.run('b'), 1::smallint), null, 'a map that was skipped');
select expect.equal(pgflow.step_output(stage.run('gone'), 1::smallint), null, 'of an unknown run');
select expect.equal(pgflow.step_output(stage.run('a'), 9::smallint), null, 'an unknown step');
select expect.touched();

-- case: that of another run is of that one
select stage.runs_of_flow('a', 'b');
select stage.outcome('b', 0, '9'), stage.outcome('a', 0, '1'), stage.outcome('b', 1, '90', 0), stage.outcome('a', 1, '10', 0);
select expect.equal(pgflow.step_output(stage.run(n), s::smallint), o::jsonb, format('%s of %s', s, n))
from (values ('a', 0, '1'), ('b', 0, '9'), ('a', 1, '[10]'), ('b', 1, '[90]')) v(n, s, o);
