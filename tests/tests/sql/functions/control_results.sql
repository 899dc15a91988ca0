-- broken: when 'x' then 'cancelled' => when 'x' then 'failed'
-- broken: 'unknown' => 'nothing'
-- broken: when w.id = any(p_asked) then 'asked' =>
-- broken: select distinct u.id => select u.id

-- case: what became of each, each once
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('done', 'asked', 'c', 'f', 'x', 'rest');
select stage.end('c', 'c'), stage.end('f', 'f'), stage.end('x', 'x');
select stage.look();
select expect.rows($$select stage.readable(run_id::text), result from pgflow.control_results(0, stage.runs('done', 'asked', 'c', 'f', 'x', 'rest',
       'gone', 'c'), stage.runs('done'),
                     stage.runs('asked')) order by 1$$,
    '[["asked", "asked"], ["c", "completed"], ["done", "done"], ["f", "failed"], ["gone", "unknown"], ["rest", "nothing"], ["x", "cancelled"]]');
select expect.rows($$select result from pgflow.control_results(0, stage.runs('f'), stage.runs('f'), stage.runs('f'))$$, '[["done"]]',
       'what was done says more than how it had ended');
select expect.rows($$select * from pgflow.control_results(0, '{}', '{}', '{}')$$, '[]', 'of none');
select expect.touched();
