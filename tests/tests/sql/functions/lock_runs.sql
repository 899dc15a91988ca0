-- broken: limit 1 for update => limit 1
-- broken: and r.id = w.id => and r.id is not null
-- broken: r.bucket = p_bucket => r.bucket <> p_bucket

-- case: exactly these runs are locked, and nothing changes
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c');
select stage.look();
select pgflow.lock_runs(0, stage.runs('c', 'a', 'gone', 'c'));
select expect.touched();
select expect.rows('select id, xmax::text <> ''0'' from pgflow.run order by id = stage.run(''b''), id = stage.run(''c'')',
                   '[["a", true], ["c", true], ["b", false]]');
select expect.rows('select bool_or(xmax::text <> ''0'') from pgflow.ready', '[[false]]', 'no other table');

-- case: nothing, or nothing of another bucket
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select pgflow.lock_runs(0, '{}'), pgflow.lock_runs(0, null), pgflow.lock_runs(1, stage.runs('a')), pgflow.lock_runs(0, '{NULL}');
select expect.rows('select id, xmax::text <> ''0'' from pgflow.run', '[["a", false]]');
