-- broken: cardinality(v_names) < p_limit => cardinality(v_names) < 9
-- broken: v_second and (v_name is null or v_name > p_after) => v_second and (v_name is null or v_name >= p_after)
-- broken: and c.worker_id is null and c.due => and c.due
-- broken: and c.worker_id is null and c.due => and c.worker_id is null

-- case: as of runs, of what nobody has taken
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start(n, p_namespace => n) from unnest('{"",a,m,x,taken,later}'::text[]) n;
select stage.task(n, 2, p_worker => case when n = 'taken' then 'w' end, p_due => n <> 'later'), stage.task(n, 3, p_queue => 'q', p_due => n = 'a')
from unnest('{"",a,m,x,taken,later}'::text[]) n;
select stage.look();
select expect.equal(pgflow.namespaces_of_tasks(0, 'default', array[stage.version()], a, 9), b, format('after `%s`', a))
from (values ('', '{a,m,x,""}'::text[]), ('a', '{m,x,"",a}'), ('m', '{x,"",a,m}'), ('x', '{"",a,m,x}'), ('z', '{"",a,m,x}'), ('b',
       '{m,x,"",a}')) v(a, b);
select expect.equal(pgflow.namespaces_of_tasks(0, 'default', array[stage.version()], 'm', 2), '{x,""}', 'at most two');
select expect.equal(pgflow.namespaces_of_tasks(0, 'q', array[stage.version()], '', 9), '{a}', 'of another queue');
select expect.equal(pgflow.namespaces_of_tasks(0, 'none', array[stage.version()], '', 9), '{}', 'of an empty queue');
select expect.equal(pgflow.namespaces_of_tasks(0, 'default', '{}', '', 9), '{}', 'of no versions');
select expect.touched();
