-- broken: order by -c.priority, c.turn, c.id => order by c.id
-- broken: and c.worker_id is null and c.due => and c.worker_id is null
-- broken: and c.worker_id is null and c.due => and c.due
-- broken: v_room - pgflow.claim_tasks_of_namespaces => 0 * v_room * pgflow.claim_tasks_of_namespaces
-- broken: o_after[v_at] := => v_spaces[99] :=
-- broken: set worker_id = p_worker => set worker_id = 0

-- case: higher priorities first, then by their turns; at most as many as wanted, of these queues and versions, that are due and free
set local search_path = pgflow, pg_temp;
select stage.define(), stage.define(stage.definition('unwanted'));
select stage.worker(), stage.worker('other');
select stage.start('a'), stage.start('b', p_priority => 5), stage.start('c', p_workflow => 'unwanted');
select stage.task('a', 1, 1, p_turn => 2), stage.task('a', 1, 2, p_turn => 1), stage.task('b', 1, 3, p_turn => 9), stage.task('a', 1, 4, p_turn => 1),
       stage.task('a', 1, 5, p_due => false), stage.task('a', 1, 6, p_worker => 'other'), stage.task('b', 1, 7, p_queue => 'q'), stage.task('c', 1,
              8);
select stage.look();
select expect.equal(pgflow.claim_tasks(0, stage.w(), '{default,none}', '{3,3}', null, array[stage.version()]), '{NULL,NULL}'::text[],
       'whose turn it was');
select expect.touched('task a', 'task b');
select expect.rows('select first from pgflow.task where worker_id = stage.w() order by 1', '[[2], [3], [4]]');
select expect.rows('select first from pgflow.task where worker_id is null order by 1', '[[1], [5], [7], [8]]', 'what is left');
select expect.equal(pgflow.claim_tasks(0, stage.w(), '{q,default}', '{9,0}', '{s,t}', array[stage.version()]), '{s,t}'::text[], 'no room in one');
select expect.rows('select first from pgflow.task where worker_id is null order by 1', '[[1], [5], [8]]', 'what is left then');

-- case: namespaces take turns with each other, and with what has none; which takes what they leave over
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start(s, p_namespace => s) from unnest('{"",a,b}'::text[]) s;
select stage.task(s, 1, n, p_turn => n) from (values ('', 9), ('a', 9), ('b', 1)) v(s, c), generate_series(1, c) n;
select expect.equal(pgflow.claim_tasks(0, stage.w(), '{default}', '{6}', '{a}', array[stage.version()]), '{a}'::text[], 'whose turn it was');
select expect.rows('select run_id, array_agg(first order by first) from pgflow.task where worker_id = stage.w() group by run_id, namespace order by namespace',
                   '[["", [1, 2]], ["a", [1, 2, 3]], ["b", [1]]]');
select expect.equal(pgflow.claim_tasks(0, stage.w(), '{default}', '{20}', null, array[stage.version()]), '{""}'::text[], 'all that is left');
select expect.rows('select count(*) from pgflow.task where worker_id is null', '[[0]]', 'what is left');

-- case: what has no namespace takes what the others leave over of a call
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start(s, p_namespace => s) from unnest('{"",a}'::text[]) s;
select stage.task(s, 1, n, p_turn => n) from (values ('', 9), ('a', 1)) v(s, c), generate_series(1, c) n;
select pgflow.claim_tasks(0, stage.w(), '{default}', '{6}', null, array[stage.version()]);
select expect.rows('select count(*) from pgflow.task where worker_id = stage.w()', '[[6]]');
