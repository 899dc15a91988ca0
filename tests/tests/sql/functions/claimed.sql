-- broken: order by c.at => order by c.at desc
-- broken: when r.checked then 't' else 'f' => when r.checked then 'f' else 't'
-- broken: r.crashes::int => 0
-- broken: array_position(p_queues, r.queue) => 1
-- broken: cardinality(p_known) > 0 => false
-- broken: case when r.parent_id is not null then 1 end => null::int
-- broken: r.deadline_at - pgflow.now() => r.deadline_at - r.created_at

-- case: each run with its input, in order, and the history of those that have one
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start('a', p_deadline => '90 s', p_queue => 'q'), stage.start('b', p_input => '2');
update pgflow.run set crashes = 2, checked = true where id = stage.run('b');
select stage.outcome('a', 0, '[1]'), stage.outcome('b', 0, '[2]');
select stage.later('1 min');
select stage.look();
select expect.rows($$select kind, run_id, number, version_id = stage.version(), step, index, attempts, flag, payload, error
                     from pgflow.claimed(0, 5, '{default,q}', stage.runs('b', 'gone', 'a'), stage.runs('a'))$$,
    '[[4, "b", null, true, null, 1, 2, "t", 2, null], [4, "a", 30000, true, null, 2, 0, "f", 1, null],
      [5, "a", null, null, 0, -1, 1, "c", [1], null]]');
select expect.touched();

-- case: whether it is a step of another one
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.child('a', 'b', 0);
select expect.rows($$select run_id, step from pgflow.claimed(0, 5, '{default}', stage.runs('a', 'b'), '{}')$$, '[["a", null], ["b", 1]]');

-- case: a deadline that has passed is a negative number; no runs, no rows
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start('a', p_deadline => '1 s');
select stage.later('3 s');
select expect.rows($$select number from pgflow.claimed(0, 5, '{default}', stage.runs('a'), '{}')$$, '[[-2000]]');
select expect.rows($$select * from pgflow.claimed(0, 5, '{default}', '{}', '{}')$$, '[]');
