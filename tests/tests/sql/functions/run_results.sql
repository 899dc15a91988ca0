-- broken: else 'unknown' end => else 'live' end
-- broken: when l.steps = 1 then pgflow.step_output(w.id, l.number) => when false then null
-- broken: coalesce(e.error, f.error) => f.error
-- broken: and not s.on_failure =>
-- broken: order by x.recorded_at, x.step, x.index => order by x.step desc, x.index
-- broken: filter (where x.output is not null) =>
-- broken: or r.id is null =>

-- case: of those that have ended, and of unknown ones
select stage.runs_of_flow('c', 'f', 'error', 'x', 'live', 'skipped');
select stage.outcome('c', 3, '30'), stage.end('c', 'c'), stage.outcome('skipped', 3, null, -1, 's', 'no'), stage.end('skipped', 'c');
select stage.outcome('f', 4, null, -1, 'f', 'its own'), stage.later('1 s');
select stage.outcome('f', 2, null, -1, 'f', 'first'), stage.outcome('f', 1, null, 3, 'f', 'before it'), stage.later('1 s');
select stage.outcome('f', 0, null, -1, 'f', 'later'), stage.end('f', 'f'), stage.end('error', 'f', 'the input'), stage.end('x', 'x', 'why');
select stage.look();
select expect.rows($$select * from pgflow.run_results(stage.runs('c', 'f', 'error', 'x', 'live', 'skipped',
       'gone')) order by stage.readable(run_id::text)$$,
    '[["c", "completed", 30, null, null], ["error", "failed", null, null, "the input"], ["f", "failed", null, "each", "before it"], ["gone", "unknown", null, null, null],
      ["skipped", "completed", null, null, null], ["x", "cancelled", null, null, "why"]]');
select expect.rows('select * from pgflow.run_results(''{}'')', '[]', 'of none');
select expect.touched();

-- case: of a map, and of several last steps
select stage.define(jsonb_build_object('name', 'map', 'input', true, 'steps', jsonb_build_array(stage.step('one', p_map => '{}')))),
       stage.define(jsonb_build_object('name', 'two', 'input', true, 'steps', jsonb_build_array(stage.step('x'), stage.step('y'), stage.step('z'))));
select stage.start('m', p_workflow => 'map'), stage.start('t', p_workflow => 'two'), stage.start('none', p_workflow => 'two');
select stage.outcome('m', 0, '2', 1), stage.outcome('m', 0, '1', 0), stage.end('m', 'c'), stage.outcome('t', 0, '1'), stage.outcome('t', 1, null, -1,
       's', 'no'), stage.outcome('t', 2, 'null'),
       stage.end('t', 'c'), stage.outcome('none', 0, null, -1, 's', 'no'), stage.end('none', 'c');
select expect.rows($$select run_id, output from pgflow.run_results(stage.runs('m', 't', 'none')) order by stage.readable(run_id::text)$$,
       '[["m", [1, 2]], ["none", {}], ["t", {"x": 1, "z": null}]]');
