-- broken: p_runs, true => p_runs, false

-- case: whatever is out of runs that end goes, and what was noted of them; what is recorded stays
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.task(n, 1, 0), stage.task(n, 1, 1, p_worker => 'w'), stage.mark(n, 1, 0), stage.mark(n, 4), stage.message(n, 's', 1),
       stage.message(n, 'x'), stage.outcome(n, 0, '[1]'), stage.attempt(n, 1, 1, 0), stage.map(n, 1, 2) from unnest('{a,b}'::text[]) n;
select stage.look();
select pgflow.take_back(0, stage.runs('a', 'gone'));
select expect.touched('task a', 'share a', 'mark a', 'inbox a');
select expect.rows($$select (select count(*) from pgflow.task where run_id = stage.run('a')),
       (select count(*) from pgflow.share where run_id = stage.run('a')),
                            (select count(*) from pgflow.mark where run_id = stage.run('a')),
                                   (select count(*) from pgflow.inbox where run_id = stage.run('a'))$$,
                   '[[0, 0, 0, 0]]', 'what is left');
select pgflow.take_back(0, '{}'), pgflow.take_back(1, stage.runs('b'));
select expect.touched();
