-- case: those of all runs, as run_steps tells them
select stage.runs_of_flow('a', 'b');
select stage.outcome('a', 0, '[1]'), stage.end('b', 'x');
select expect.rows($$select run_id, step, status, output from pgflow.steps order by run_id <> stage.run('a'), number$$,
    '[["a", "list", "completed", [1]], ["a", "each", "ready", null], ["a", "side", "ready", null], ["a", "sum", "blocked", null],
      ["b", "list", "cancelled", null], ["b", "each", "cancelled", null], ["b", "side", "cancelled", null], ["b", "sum", "cancelled", null]]');
