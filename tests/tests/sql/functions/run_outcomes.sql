-- broken: order by o.step, o.index => order by o.step desc, o.index
-- broken: when 'f' then 'failed' else 'skipped' => when 'f' then 'skipped' else 'failed'

-- case: of each unit, in order
select stage.runs_of_flow('a', 'b');
select stage.outcome('b', 0, '[9]'), stage.outcome('a', 2, null, -1, 's', 'why not', 0), stage.outcome('a', 1, null, 1, 'f', 'no', 3),
       stage.outcome('a', 1, '10', 0), stage.outcome('a', 0, '[1]');
select expect.rows($$select step, index, status, attempts, output, error, recorded_at = pgflow.now() from pgflow.run_outcomes(stage.run('a'))$$,
    '[["list", -1, "completed", 1, [1], null, true], ["each", 0, "completed", 1, 10, null, true], ["each", 1, "failed", 3, null, "no", true],
      ["side", -1, "skipped", 0, null, "why not", true]]');
select expect.rows($$select * from pgflow.run_outcomes(stage.run('gone'))$$, '[]', 'of an unknown run');
