-- broken: if v_problem is not null then => if false then
-- broken: if p_is_map and jsonb_typeof(p_output) <> 'array' then => if false then
-- broken: order by o.at limit 1 => order by o.at desc limit 1
-- broken: x.at::int - 1 => x.at::int
-- broken: delete from map where => delete from map where false and
-- broken: run_id = p_run and step = p_step; => step = p_step;

-- case: of a plain step
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.outcome(n, 2, null, -1, 'f', 'no'), stage.outcome(n, 0, '[1]') from unnest('{a,b}'::text[]) n;
select stage.look();
select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 2::smallint, 'side', false, '{"type": "integer"}', '7');
select expect.touched('outcome a');
select expect.rows($$select step, index, kind, output, error, attempts, worker_id, duration_ms,
       recorded_at = pgflow.now() from pgflow.outcome where run_id = stage.run('a') order by 1$$,
    '[[0, -1, "c", [1], null, 1, 7, 1.5, true], [2, -1, "c", 7, null, 1, 0, 0, true]]');

-- case: of a map step, also of one without items
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.outcome('a', 1, '1', 0), stage.map('a', 1, 1);
select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 1::smallint, 'each', true, '{"type": "integer"}', '[7, 8]');
select expect.rows('select index, output from pgflow.outcome order by 1', '[[0, 7], [1, 8]]');
select expect.rows('select step, items from pgflow.map', '[[1, 2]]');
select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 1::smallint, 'each', true, '{"type": "integer"}', '[]');
select expect.rows('select * from pgflow.outcome', '[]');
select expect.rows('select step, items from pgflow.map', '[[1, 0]]');

-- case: what does not fit is refused, the first of it is told
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.look();
select expect.throws($$select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 1::smallint, 'each', true, '{"type": "integer"}',
       '{"a": 1}')$$, 'PF422',
                     'the output of map step `each` is an array of its items'' outputs, and not of type object');
select expect.throws($$select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 1::smallint, 'each', true, '{"type": "integer"}',
       '[1, "a", null]')$$, 'PF422',
                     'the output does not fit step `each`: `each[1]` is of type string, and integer is wanted');
select expect.throws($$select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 2::smallint, 'side', false, '{"type": "integer"}',
       'null')$$, 'PF422',
                     'the output does not fit step `side`: `side` is of type null, and integer is wanted');
select expect.touched();

-- case: what is recorded of other runs, and other steps, stays
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.map('b', 1, 1), stage.outcome('b', 1, '1', 0), stage.outcome('a', 2, '2'), stage.map('a', 1, 1), stage.outcome('a', 1, '1', 0);
select stage.look();
select pgflow.replace_output(0, stage.period('a'), stage.run('a'), 1::smallint, 'each', true, '{"type": "integer"}', '[7, 8]');
select expect.touched('outcome a', 'map a');
select expect.rows('select output from pgflow.outcome where step = 2', '[[2]]');
