-- broken: greatest(s.remaining - l.done, 0) => s.remaining
-- broken: failed = s.failed or l.failed => failed = l.failed
-- broken: and not x.failed and => and
-- broken: or u.failed) => )
-- broken: x.remaining <= u.done => x.remaining < u.done
-- broken: and x.remaining = 0 limit 1 => and false limit 1

-- case: it counts, and says who is to be woken: when nothing is left, and at the first failure
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c');
insert into pgflow.share (bucket, run_id, step, remaining) select 0, stage.run(n), s, 3 from unnest('{a,b,c}'::text[]) n, (values (1), (2)) x(s);
select stage.look();
select expect.rows($$select * from pgflow.lower_shares(0, stage.runs('a', 'a', 'b'), '{1,2,1}', '{2,3,0}',
       '{f,f,t}') order by run_id <> stage.run('a')$$,
                   '[["a", 2], ["b", 1]]', 'who is woken');
select expect.touched('share a', 'share b');
select expect.rows($$select run_id, step, remaining, failed from pgflow.share order by run_id = stage.run('c'), run_id = stage.run('b'), step$$,
    '[["a", 1, 1, false], ["b", 1, 3, true], ["b", 2, 3, false], ["c", 1, 3, false], ["c", 2, 3, false]]');

-- case: one that has failed wakes nobody again, neither by another failure nor by its end
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
insert into pgflow.share values (0, stage.run('a'), 1, 3, true);
select expect.rows($$select * from pgflow.lower_shares(0, stage.runs('a'), '{1}', '{1}', '{t}')$$, '[]', 'another failure');
select expect.rows('select remaining, failed from pgflow.share', '[[2, true]]');
select expect.rows($$select * from pgflow.lower_shares(0, stage.runs('a'), '{1}', '{1}', '{f}')$$, '[]', 'one more is done');
select expect.rows('select remaining, failed from pgflow.share', '[[1, true]]');
select expect.rows($$select * from pgflow.lower_shares(0, stage.runs('a'), '{1}', '{1}', '{f}')$$, '[]', 'its end');
select expect.rows('select * from pgflow.share', '[]');

-- case: more tasks than there were raise it, and it never falls below nothing
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
insert into pgflow.share values (0, stage.run('a'), 1, 3), (0, stage.run('b'), 1, 3);
select expect.rows($$select * from pgflow.lower_shares(0, stage.runs('a', 'b'), '{1,1}', '{-2,9}', '{f,f}')$$, '[["b", 1]]');
select expect.rows('select run_id, remaining from pgflow.share', '[["a", 5]]');

-- case: what is not shared, or nothing
set local search_path = pgflow, pg_temp;
select stage.look();
select expect.rows($$select * from pgflow.lower_shares(0, stage.runs('gone'), '{1}', '{1}', '{t}')$$, '[]');
select expect.rows($$select * from pgflow.lower_shares(0, '{}', '{}', '{}', '{}')$$, '[]');
select expect.touched();
