-- broken: greatest(v_room / cardinality(v_spaces), 1) => v_room
-- broken: order by -c.priority, c.seq => order by c.seq
-- broken: having count(*) >= v_part => having count(*) < v_part
-- broken: limit v_room => limit 99
-- broken: where not g.fresh => where g.fresh
-- broken: array_remove(p_namespaces, '') => p_namespaces[1:1]

-- case: an even part of each, and what some leave goes to those that have more; within one by priority
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start(s || n, p_namespace => s, p_priority => case when s || n = 'a3' then 9 else 0 end)
from (values ('a', 5), ('b', 1), ('c', 3)) v(s, c), generate_series(1, c) n order by s, n;
select stage.start('plain'), stage.start('other', p_namespace => 'd'), stage.start('elsewhere', p_namespace => 'a', p_queue => 'q');
select stage.park('c1', '0');
update pgflow.ready set due = true where run_id = stage.run('c1');
select stage.look();
select expect.rows($$select o_runs, o_known from pgflow.claim_of_namespaces(0, 'default', array[stage.version()], '{a,"",b,c}', 6)$$,
                   '[[["a3", "a1", "b1", "c2", "c3", "a2"], []]]');
select expect.touched('ready a1', 'ready a2', 'ready a3', 'ready b1', 'ready c2', 'ready c3');
select expect.rows($$select o_runs, o_known from pgflow.claim_of_namespaces(0, 'default', array[stage.version()], '{c,a}', 2)$$,
                   '[[["a4", "c1"], ["c1"]]]', 'with one that had begun');

-- case: fewer than there are namespaces: in the order of their turns
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start(n, p_namespace => n) from unnest('{a,b,c}'::text[]) n;
select expect.rows($$select o_runs from pgflow.claim_of_namespaces(0, 'default', array[stage.version()], '{b,c,a}', 2)$$, '[[["b", "c"]]]');
select expect.rows($$select o_runs, o_known from pgflow.claim_of_namespaces(0, 'default', array[stage.version()], '{b,c,a}', 0)$$, '[[[], []]]',
       'none');
select expect.rows($$select o_runs, o_known from pgflow.claim_of_namespaces(0, 'default', array[stage.version()], '{""}', 5)$$, '[[[], []]]',
       'of none');
select expect.rows($$select o_runs, o_known from pgflow.claim_of_namespaces(0, 'default', array[stage.version()], '{z}', 5)$$, '[[[], []]]',
       'of unknown ones');
