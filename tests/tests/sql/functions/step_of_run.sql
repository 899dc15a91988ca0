-- broken: perform pgflow.lock_runs => perform from pgflow.history
-- broken: order by s.number => order by s.number desc
-- broken: and s.name = p_step => and true

-- case: the step of the run's own version; the run is locked
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.define(p_hash => 'b');
select stage.look();
select expect.rows($$select number, name, is_map, version_id < stage.version() from pgflow.step_of_run(stage.run('a'), 'each')$$,
       '[[1, "each", true, true]]');
select expect.touched();
select expect.rows('select id from pgflow.run where xmax::text <> ''0''', '[["a"]]', 'who is locked');

-- case: no such run, no such step
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select expect.throws($$select pgflow.step_of_run(stage.run('gone'), 'each')$$, 'PF404', 'there is no run gone');
select expect.throws($$select pgflow.step_of_run(stage.run('a'), 'eech')$$, 'PF404', 'run a has no step `eech`',
       'Its steps: `list`, `each`, `side`, `sum`, `amends`.');
select expect.throws($$select pgflow.step_of_run(stage.run('a'), null)$$, 'PF404', 'run a has no step `%`');
