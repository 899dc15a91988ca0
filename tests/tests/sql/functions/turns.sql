-- broken: where a.name is not null =>
-- broken: 17::smallint => 16::smallint

-- case: a row for each queue that has had a turn, by its place
set local search_path = pgflow, pg_temp;
select expect.rows($$select kind, step, flag, error, run_id, number, payload from pgflow.turns('r', '{a,NULL,""}')$$,
                   '[[17, 1, "r", "a", null, null, null], [17, 3, "r", "", null, null, null]]');
select expect.rows($$select * from pgflow.turns('t', '{}')$$, '[]', 'no queues');
select expect.rows($$select * from pgflow.turns('t', null)$$, '[]', 'nothing');
