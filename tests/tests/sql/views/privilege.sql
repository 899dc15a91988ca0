-- case: each function that is named there is one of the schema, and acts with its owner's rights, but for those that touch no table
select expect.rows($$select distinct p.part from pgflow.privilege p order by 1$$, '[["client"], ["reader"], ["worker"]]');
select expect.rows($$select distinct f.proname from pgflow.privilege p join pg_catalog.pg_proc f on f.oid = p.function
                     where not f.prosecdef order by 1$$, '[["bucket_of_run"], ["now"], ["period_of_run"], ["status_word"]]',
                            'without its owner''s rights');
select expect.rows($$select f.proname from pg_catalog.pg_proc f where f.pronamespace = 'pgflow'::regnamespace and f.prosecdef
                     and not exists (select from pgflow.privilege p where p.function = f.oid)$$, '[]', 'with its owner''s rights, for nobody');
select expect.rows($$select f.proname from pg_catalog.pg_proc f where f.pronamespace = 'pgflow'::regnamespace and f.prosecdef
                     and not f.proconfig @> '{"search_path=pgflow, pg_temp"}'$$, '[]', 'with its owner''s rights and the caller''s path');

-- case: what changes something is for nobody who reads
select expect.rows($$select f.proname from pgflow.privilege p join pg_catalog.pg_proc f on f.oid = p.function where p.part = 'reader' and f.provolatile = 'v' order by 1$$, '[["now"]]');
