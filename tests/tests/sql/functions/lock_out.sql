-- broken: from task x where x.bucket = p_bucket and x.id = n.id limit 1 for update => from task x where x.bucket = p_bucket and x.id = n.id limit 1
-- broken: and x.step = n.step limit 1 for update) s => and x.step = n.step limit 1) s
-- broken: and x.index = n.index limit 1 for update => and x.index = n.index limit 1

-- case: the tasks of these runs, whoever holds them, their shares and marks are locked, and nothing changes
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c');
select stage.worker();
select stage.task(n, 1, 0), stage.task(n, 2, p_worker => 'w'), stage.mark(n, 1, 0), stage.mark(n, 2) from unnest('{a,b}'::text[]) n;
select stage.look();
select pgflow.lock_out(0, stage.runs('a', 'gone', 'a', 'c'));
select expect.touched();
select expect.rows($$select 'task', run_id, count(*) from pgflow.task where xmax::text <> '0' group by 2
                     union all select 'share', run_id, count(*) from pgflow.share where xmax::text <> '0' group by 2
                     union all select 'mark', run_id, count(*) from pgflow.mark where xmax::text <> '0' group by 2$$,
                   '[["task", "a", 2], ["share", "a", 2], ["mark", "a", 2]]');
select pgflow.lock_out(0, '{}'), pgflow.lock_out(1, stage.runs('b'));
select expect.rows('select count(*) from pgflow.task where xmax::text <> ''0''', '[[2]]', 'tasks that are locked then');
