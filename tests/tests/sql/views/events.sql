-- case: those of all runs, as run_events tells them
select stage.runs_of_flow('a', 'b');
select stage.outcome('a', 0, '[1]'), stage.end('b', 'x', 'why');
select expect.rows($$select run_id, kind, step, reason from pgflow.events order by run_id <> stage.run('a'), kind = 'run_cancelled',
       kind = 'step_completed'$$,
    '[["a", "started", null, null], ["a", "step_completed", "list", null], ["b", "started", null, null], ["b", "run_cancelled", null, "why"]]');
