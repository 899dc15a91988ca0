-- broken: greatest(v_room / cardinality(v_spaces), 1) => v_room
-- broken: order by -c.priority, c.turn, c.id => order by c.id
-- broken: having count(*) >= v_part => having count(*) < v_part
-- broken: return p_limit - v_room => return v_room
-- broken: and c.worker_id is null and c.due => and c.due
-- broken: and c.worker_id is null and c.due => and c.worker_id is null

-- case: an even part of each, and what some leave goes to those that have more; within one by turns
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker(), stage.worker('other');
select stage.start(s, p_namespace => s) from unnest('{"",a,b,c,d}'::text[]) s;
select stage.task(s, 1, n, p_turn => case when s = 'a' then 9 - n else n end) from (values ('a', 5), ('b', 1), ('c', 3), ('', 2), ('d', 1)) v(s, c),
       generate_series(1, c) n order by s, n;
select stage.task('a', 2, p_worker => 'other'), stage.task('a', 2, p_due => false);
select stage.look();
select expect.equal(pgflow.claim_tasks_of_namespaces(0, stage.w(), 'default', array[stage.version()], '{a,"",b,c}', 6), 6, 'how many');
select expect.touched('task a', 'task b', 'task c');
select expect.rows('select run_id, first from pgflow.task where worker_id = stage.w() order by namespace, first',
                   '[["a", 3], ["a", 4], ["a", 5], ["b", 1], ["c", 1], ["c", 2]]');
select expect.rows('select count(*) from pgflow.task where worker_id = stage.w(''other'')', '[[1]]', 'of others');
select expect.equal(pgflow.claim_tasks_of_namespaces(0, stage.w(), 'default', array[stage.version()], '{a,b,c}', 9), 3, 'all that is left');

-- case: fewer than there are namespaces: in the order of their turns
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start(s, p_namespace => s), stage.task(s, 2) from unnest('{a,b,c}'::text[]) s;
select expect.equal(pgflow.claim_tasks_of_namespaces(0, stage.w(), 'default', array[stage.version()], '{b,c,a}', 0), 0, 'none');
select expect.equal(pgflow.claim_tasks_of_namespaces(0, stage.w(), 'default', array[stage.version()], '{}', 4), 0, 'of none');
select expect.equal(pgflow.claim_tasks_of_namespaces(0, stage.w(), 'other', array[stage.version()], '{a}', 4), 0, 'of another queue');
select expect.equal(pgflow.claim_tasks_of_namespaces(0, stage.w(), 'default', array[stage.version()], '{b,c,a}', 2), 2, 'two');
select expect.rows('select run_id from pgflow.task where worker_id is null', '[["a"]]');
