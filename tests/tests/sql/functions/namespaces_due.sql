-- broken: cardinality(v_names) < p_limit => cardinality(v_names) < 9
-- broken: v_second and (v_name is null or v_name > p_after) => v_second and (v_name is null or v_name >= p_after)
-- broken: c.due and c.namespace = '' limit 1 => c.namespace = '' limit 1
-- broken: and c.namespace <> '' and c.due => and c.namespace <> ''
-- broken: and c.queue = p_queue and c.version_id = v.id and c.namespace > v_name => and c.version_id = v.id and c.namespace > v_name

-- case: from the one behind the last on, round to it again; what has no namespace is one of them
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start('plain'), stage.start('x', p_namespace => 'x'), stage.start('a', p_namespace => 'a'), stage.start('m', p_namespace => 'm'),
       stage.start('m2', p_namespace => 'm'), stage.start('later', p_namespace => 'b', p_at => pgflow.now() + interval '1 h'),
       stage.start('elsewhere', p_namespace => 'c', p_queue => 'q');
select stage.look();
select expect.equal(pgflow.namespaces_due(0, 'default', array[stage.version()], a, 9), b, format('after `%s`', a))
from (values ('', '{a,m,x,""}'::text[]), ('a', '{m,x,"",a}'), ('m', '{x,"",a,m}'), ('x', '{"",a,m,x}'), ('z', '{"",a,m,x}'), ('b',
       '{m,x,"",a}')) v(a, b);
select expect.equal(pgflow.namespaces_due(0, 'default', array[stage.version()], 'm', 2), '{x,""}', 'at most two');
select expect.equal(pgflow.namespaces_due(0, 'default', array[stage.version()], 'm', 0), '{}', 'at most none');
select expect.equal(pgflow.namespaces_due(0, 'q', array[stage.version()], '', 9), '{c}', 'of another queue');
select expect.equal(pgflow.namespaces_due(0, 'none', array[stage.version()], '', 9), '{}', 'of an empty queue');
select expect.equal(pgflow.namespaces_due(0, 'default', '{}', '', 9), '{}', 'of no versions');
select expect.equal(pgflow.namespaces_due(0, 'default', array[0, stage.version()], '', 1), '{a}', 'of an unknown version as well');
select expect.touched();

-- case: what has no namespace is none where nothing of it is due
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.start('a', p_namespace => 'a'), stage.start('later', p_at => pgflow.now() + interval '1 h');
select expect.equal(pgflow.namespaces_due(0, 'default', array[stage.version()], '', 9), '{a}', 'the only one');
select expect.equal(pgflow.namespaces_due(0, 'default', array[stage.version()], 'a', 9), '{a}', 'again');
