-- broken: x.worker_id is null and x.due and x.queue = any(p_queues) => x.worker_id is null and x.due
-- broken: x.worker_id is null and x.due and => x.due and
-- broken: and x.index >= coalesce(m.first, -1) =>
-- broken: o.kind = 'c' and pg_column_size(o.output) <= 1000 => o.kind = 'c'
-- broken: o.index || ',' || => '0,' ||
-- broken: select distinct i.run_id, i.step, w.first => select i.run_id, i.step, w.first
-- broken: and x.kind = 'g' limit 1 => limit 1
-- broken: and x.kind = 'g' limit 1 => and x.kind = 's' limit 1
-- broken: and x.kind = 'c' limit 1 => limit 1
-- broken: and x.kind = 'c' limit 1 => and x.kind = 's' limit 1

-- case: messages, each after the outcomes of its step; small outputs in one row
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.outcome(n, 1, to_jsonb(i * 10), i), stage.outcome(n, 2, '2'), stage.message(n, 's', 1), stage.message(n, 'x', p_reason => 'stop')
from unnest('{a,b}'::text[]) n, generate_series(0, 3) i where i = 0 and n <> 'gone';
select stage.outcome('a', 1, '10', 1), stage.outcome('a', 1, null, 2, 'f', 'no', 3), stage.outcome('a', 1,
       (select to_jsonb('xxx' || string_agg(md5(n::text), '')) from generate_series(1, 60) n), 3), stage.message('a', 's', 1);
select stage.look();
select expect.rows($$select kind, run_id, step, index, attempts, flag, left(payload::text, 4), error from pgflow.messages(0, stage.runs('a'), '{0}',
       '{default}')
                     order by kind = 8, kind, number, index$$,
    '[[5, "a", 1, 2, 3, "f", null, "no"], [5, "a", 1, 3, 1, "c", "\"xxx", null], [14, "a", 1, 0, 2, "c", null, "[0,0,1,10]"],
      [8, "a", 1, null, null, "s", null, null], [8, "a", null, null, null, "x", null, "stop"], [8, "a", 1, null, null, "s", null, null]]');
select expect.rows($$select kind, index, error from pgflow.messages(0, stage.runs('a', 'b'), '{2,0}', '{default}') where kind in (5,
       14) order by kind, index$$,
    '[[5, 2, "no"], [5, 3, null], [14, 0, "[0,0]"]]', 'from the first one that is not known on');
select expect.rows($$select kind, index from pgflow.messages(0, stage.runs('a'), null, '{default}') where kind in (5, 14) order by kind, index$$,
    '[[5, 2], [5, 3], [14, 0]]', 'all of them where nothing is said');
select expect.rows($$select number = (select min(id) from pgflow.inbox where run_id = stage.run('b')) from pgflow.messages(0, stage.runs('b'), '{0}',
       '{}')
                     where kind = 8 order by number limit 1$$, '[[true]]', 'the number of a message');
select expect.touched();

-- case: many small outputs: a row for each thousand items
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.outcome('a', 1, '1', i) from generate_series(990, 1010) i;
select stage.message('a', 's', 1);
select expect.rows($$select kind, index, attempts, jsonb_array_length(error::jsonb) from pgflow.messages(0, stage.runs('a'), '{0}',
       '{}') where kind <> 8 order by 2$$,
                   '[[14, 990, 10, 20], [14, 1000, 11, 22]]');

-- case: whether work of it is still to be taken, in these queues
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c', 'd');
select stage.worker();
select stage.task('a', 1, 0), stage.task('a', 1, 1), stage.task('b', 1, 0, p_worker => 'w'), stage.task('c', 1, 0, p_due => false), stage.task('d',
       1, 0, p_queue => 'q');
select expect.rows($$select kind, run_id from pgflow.messages(0, stage.runs('a', 'b', 'c', 'd'), null, '{default,r}')$$, '[[13, "a"]]');
select expect.rows($$select kind, run_id from pgflow.messages(0, stage.runs('d', 'gone'), null, '{default,q}')$$, '[[13, "d"]]', 'of another queue');
select expect.rows($$select * from pgflow.messages(0, '{}', null, '{default}')$$, '[]', 'of none');

-- case: signals that were sent, with the message that says so; those of others are not told again
set local search_path = pgflow, pg_temp;
select stage.runs_that_wait('a', 'b', 'c');
select stage.signal(n, 3, '7') from unnest('{a,b,c}'::text[]) n;
select stage.message('a', 'g', 3), stage.message('b', 'n', 3), stage.message('c', 'g', 3);
select stage.look();
select expect.rows($$select kind, run_id, step, flag, payload, error from pgflow.messages(0, stage.runs('a', 'b'), null, '{}') order by kind, flag$$,
    '[[8, "a", 3, "g", null, null], [8, "b", 3, "n", null, null], [18, "a", 3, null, 7, "me"]]');
select expect.touched();

-- case: how children have ended, with the messages that say so; those of others are not told again
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c');
select stage.child(n, n || i, 1, i) from unnest('{a,b,c}'::text[]) n, generate_series(0, 1) i;
select stage.end(n || '0', 'x', 'why') from unnest('{a,b,c}'::text[]) n;
select stage.message('a', 'c', 1, 0), stage.message('b', 'n', 1, 0), stage.message('c', 'c', 1, 0);
select stage.look();
select expect.rows($$select kind, run_id, step, index, flag, payload ->> 'child' from pgflow.messages(0, stage.runs('a', 'b'), null, '{}') order by kind, flag$$,
    '[[8, "a", 1, 0, "c", null], [8, "b", 1, 0, "n", null], [20, "a", 1, 0, "x", "a0"]]');
select expect.touched();
