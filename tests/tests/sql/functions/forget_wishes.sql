-- broken: in ('p', 'r') => in ('p')
-- broken: in ('p', 'r') => in ('p', 'r', 'x')

-- case: messages to pause or go on are gone; all others stay
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.message(n, k::"char") from unnest('{a,b}'::text[]) n, unnest('{s,x,p,r,n,a,p}'::text[]) k;
select stage.look();
select pgflow.forget_wishes(0, stage.runs('a', 'gone'));
select expect.touched('inbox a');
select expect.rows('select kind from pgflow.inbox where run_id = stage.run(''a'') order by kind', '[["a"], ["n"], ["s"], ["x"]]');
select pgflow.forget_wishes(0, '{}'), pgflow.forget_wishes(1, stage.runs('b'));
select expect.touched();
