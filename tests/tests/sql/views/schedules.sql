-- case: a row each, with the name of the workflow
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', 'Europe/Zurich', '5', 'all', 'q', 7, 'space');
select expect.rows('select name, workflow, cron, timezone, catch_up, declared, paused, next_at, last_at, last_run, problem, input, queue, priority, namespace,
                           created_at = pgflow.now() from pgflow.schedules order by name',
    '[["mine", "flow", "0 3 * * *", "Europe/Zurich", "all", false, false, null, null, null, null, 5, "q", 7, "space", true]]');
