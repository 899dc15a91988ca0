-- broken: 'map',  =>

-- case: exactly the tables that are partitioned, the run first
select expect.equal(array(select t from unnest(pgflow.history_tables()) t order by t),
                    array(select c.relname::text from pg_class c
                          where c.relnamespace = 'pgflow'::regnamespace and c.relkind = 'p' order by 1), 'the tables');
select expect.equal((pgflow.history_tables())[1], 'run', 'the first');
