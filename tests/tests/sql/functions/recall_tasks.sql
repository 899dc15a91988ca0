-- broken: and y.worker_id is null =>
-- broken: y.run_id = w.id => y.run_id is not null

-- case: tasks that nobody has taken go, each is told, and the shares are left to the caller
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.task('a', 1, 0), stage.task('a', 1, 1, p_due => false, p_available => '1 h'), stage.task('a', 2), stage.task('a', 1, 3, p_worker => 'w'),
       stage.task('b', 1, 0);
select stage.look();
select expect.rows($$select * from pgflow.recall_tasks(0, stage.runs('a', 'gone')) order by step$$, '[["a", 1], ["a", 1], ["a", 2]]');
select expect.touched('task a');
select expect.rows('select run_id, first from pgflow.task order by first', '[["b", 0], ["a", 3]]');
select expect.rows($$select * from pgflow.recall_tasks(0, '{}')$$, '[]', 'of none');
select expect.rows($$select * from pgflow.recall_tasks(1, stage.runs('b'))$$, '[]', 'of another bucket');
select expect.touched();
