-- broken: p_part not in ('worker', 'client', 'reader') => false
-- broken: where part = p_part => where true
-- broken: if p_part in ('reader', 'client') then => if true then
-- broken: execute format('grant usage on schema pgflow to %I', p_role); => null;

-- case: nobody may do anything that was not granted
create role pgflow_sql_tests_nobody;
select expect.rows($$select f.oid::regprocedure from pg_catalog.pg_proc f where f.pronamespace = 'pgflow'::regnamespace and has_function_privilege('pgflow_sql_tests_nobody', f.oid, 'execute')$$, '[]');
select expect.rows($$select c.relname from pg_catalog.pg_class c where c.relnamespace = 'pgflow'::regnamespace and c.relkind in ('r', 'p', 'v')
                     and has_table_privilege('pgflow_sql_tests_nobody', c.oid, 'select, insert, update, delete, truncate')$$, '[]');

-- case: exactly what a part needs, and no table
create role "pgflow sql tests";
select pgflow.grant_to('pgflow sql tests', 'worker');
select expect.rows($$select f.oid::regprocedure from pg_catalog.pg_proc f where f.pronamespace = 'pgflow'::regnamespace
                     and has_function_privilege('pgflow sql tests', f.oid,
                            'execute') <> exists (select from pgflow.privilege p where p.part = 'worker' and p.function = f.oid)$$, '[]',
                            'functions');
select expect.rows($$select c.relname from pg_catalog.pg_class c where c.relnamespace = 'pgflow'::regnamespace and c.relkind in ('r', 'p', 'v')
                     and has_table_privilege('pgflow sql tests', c.oid, 'select, insert, update, delete, truncate')$$, '[]', 'tables and views');
select expect.yes(has_schema_privilege('pgflow sql tests', 'pgflow', 'usage'), 'the schema');

-- case: a client acts and looks through functions and views only
create role pgflow_sql_tests_client;
select stage.define();
select pgflow.grant_to('pgflow_sql_tests_client', 'client');
grant usage on schema expect, stage to pgflow_sql_tests_client;
grant select, insert on all tables in schema stage to pgflow_sql_tests_client;
set local role pgflow_sql_tests_client;
select stage.start('a');
select expect.equal(pgflow.pause_run(stage.run('a')), 'done', 'it acts');
select expect.rows('select run_id, status from pgflow.runs', '[["a", "paused"]]', 'it looks at runs');
select expect.rows('select count(*) from pgflow.steps', '[[4]]', 'at steps');
select expect.rows('select count(*) from pgflow.events', '[[2]]', 'at events');
select expect.rows('select name from pgflow.workflows', '[["flow"]]', 'at workflows');
select expect.rows('select * from pgflow.retentions', '[]', 'at retentions');
select expect.throws('select * from pgflow.run', '42501', 'permission denied for table run');
select expect.throws('delete from pgflow.ready', '42501', 'permission denied for table ready');
select expect.throws('select pgflow.beat(0, 1)', '42501', 'permission denied for function beat');
select expect.throws('select pgflow.grant_to(''pgflow_sql_tests_client'', ''worker'')', '42501', 'permission denied for function grant_to');

-- case: a reader changes nothing
create role pgflow_sql_tests_reader;
select stage.runs_of_flow('a');
select pgflow.grant_to('pgflow_sql_tests_reader', 'reader');
grant usage on schema expect, stage to pgflow_sql_tests_reader;
grant select, insert on all tables in schema stage to pgflow_sql_tests_reader;
set local role pgflow_sql_tests_reader;
select expect.rows('select run_id, status from pgflow.runs', '[["a", "scheduled"]]');
select expect.rows('select count(*) from pgflow.steps', '[[4]]');
select expect.rows('select kind from pgflow.events', '[["started"]]');
select expect.sound();
select expect.throws('select pgflow.cancel_run(stage.run(''a''))', '42501', 'permission denied for function cancel_run');

-- case: what is no part, or no role, is refused
create role pgflow_sql_tests_other;
select expect.throws('select pgflow.grant_to(''pgflow_sql_tests_other'', ''owner'')', '22023', 'there is no part `owner`',
       'The parts are worker, client and reader.');
select expect.throws('select pgflow.grant_to(''pgflow_sql_tests_none'', ''client'')', '42704', '%does not exist');
select expect.equal(has_schema_privilege('pgflow_sql_tests_other', 'pgflow', 'usage'), false, 'nothing was granted');
