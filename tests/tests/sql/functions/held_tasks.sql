-- broken: when t.id is null then 15 else 16 => when t.id is null then 16 else 15
-- broken: and not t.id = any(p_known) =>
-- broken: and x.id = k.id and x.worker_id = p_worker => and x.id = k.id
-- broken: where not t.own =>
-- broken: and r.handed =>
-- broken: case when t.own then 'O' else 't' end => 't'
-- broken: when t.own then 'o' else 'f' => when t.own then 'f' else 'f'
-- broken: cross join lateral pgflow.repeats_of(p_bucket, g.runs, g.steps, g.firsts, g.counts) r => cross join lateral pgflow.repeats_of(p_bucket, g.runs, null, null, null) r
-- broken: and s.signal is not null => and s.signal is null
-- broken: and a.number > 0 =>
-- broken: where t.crashes > 0 =>
-- broken: and x.index >= n.first and x.index < n.first + n.count =>
-- broken: x.index >= t.first and x.index < t.first + t.count offset 0 => x.index >= t.first offset 0
-- broken: case when t.first >= 0 then t.items else 'null' end => t.items

-- case: what is new to the worker, with all that it needs, and nothing that others hold
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker(), stage.worker('other');
select stage.outcome('a', 0, '[1]'), stage.outcome('a', 2, '2'), stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, '40', 4), stage.attempt('a',
       1, 1, 1),
       stage.attempt('a', 1, 1, 5), stage.attempt('a', 1, 0, 2), stage.mark('a', 1, 2, p_suspect => true, p_crashes => 1), stage.mark('a', 1, 9),
              stage.outcome('b', 0, '[]');
select set_config('stage.task', stage.task('a', 1, 0, 3, 'w', p_crashes => 1)::text, true);
select stage.task('a', 1, 3, p_worker => 'other'), stage.task('b', 1, 0), stage.task('b', 1, 1, p_worker => 'other');
select stage.look();
select expect.rows($$select kind, run_id, number = current_setting('stage.task')::bigint, version_id = stage.version(), step, index, attempts, flag,
       payload, error
                     from pgflow.held_tasks(0, stage.w(), '{}')$$,
    '[[10, "a", null, true, null, null, null, null, 1, null], [7, "a", null, null, 1, 1, 1, null, null, null],
      [5, "a", null, null, 0, -1, 1, "c", [1], null], [5, "a", null, null, 1, 0, 1, "c", 10, null],
      [11, "a", null, null, 1, 2, 1, "t", null, null], [9, "a", true, true, 1, 0, 0, "t", [0, 10, 20], "default"]]');
select expect.touched();

-- case: a plain step has no items; one that has not lost a worker has no marks; a single unit is tried here
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.worker();
select stage.outcome('a', 1, '10', 0), stage.outcome('a', 1, '20', 1), stage.mark('a', 3), stage.attempt('a', 3, 1), stage.task('a', 3,
       p_worker => 'w', p_attempts => 1, p_own => true, p_queue => 'q');
select expect.rows($$select kind, step, index, attempts, flag, payload, error from pgflow.held_tasks(0, stage.w(), '{}')$$,
    '[[10, null, null, null, null, 1, null], [5, 1, 0, 1, "c", 10, null], [5, 1, 1, 1, "c", 20, null], [9, 3, -1, 1, "o", null, "q"]]');
select expect.rows($$select payload = 'null'::jsonb from pgflow.held_tasks(0, stage.w(), '{}') where kind = 9$$, '[[true]]', 'its items');

-- case: what it knows and no longer holds, and attempts that somebody has cancelled
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.worker(), stage.worker('other');
select set_config('stage.mine', stage.task('a', 1, 0, p_worker => 'w')::text, true), set_config('stage.cut', stage.task('a', 1, 1, 3,
       p_worker => 'w')::text, true),
       set_config('stage.theirs', stage.task('a', 1, 4, p_worker => 'other')::text, true);
update pgflow.task set cancelled = '{2,3}' where first = 1;
select stage.look();
select expect.rows($$select kind, number = current_setting('stage.cut')::bigint, number = current_setting('stage.theirs')::bigint, number = 0, index
                     from pgflow.held_tasks(0, stage.w(), array[current_setting('stage.mine'), current_setting('stage.cut'),
                            current_setting('stage.theirs'), '0']::bigint[])
                     order by kind, index, number$$,
    '[[15, false, false, true, null], [15, false, true, false, null], [16, true, false, false, 2], [16, true, false, false, 3]]');
select expect.touched();

-- case: nothing held, nothing known
set local search_path = pgflow, pg_temp;
select stage.worker();
select expect.rows($$select * from pgflow.held_tasks(0, stage.w(), '{}')$$, '[]');

-- case: what units have asked for; those that were handed on are executed elsewhere, but for the tasks that they have become
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker(), stage.worker('other');
select stage.repeat('a', 1, 0, p_state => '0', p_handed => false), stage.repeat('a', 1, 1, p_state => '1'), stage.repeat('a', 1, 3, p_state => '3'),
       stage.repeat('a', 1, 4, p_state => '4', p_attempts => 1), stage.repeat('a', 3), stage.repeat('b', 1, 1), stage.attempt('a', 1, 1, 4);
select stage.task('a', 1, 0, 3, 'w'), stage.task('a', 1, 4, p_worker => 'w', p_own => true, p_crashes => 1), stage.task('a', 1, 3, p_worker => 'other', p_own => true),
       stage.task('b', 1, 1, p_worker => 'other', p_own => true);
select expect.rows($$select kind, run_id, step, index, attempts, version_id, flag, payload -> 'state' from pgflow.held_tasks(0, stage.w(), '{}') where kind in (7, 19)
                     order by kind, index$$,
    '[[7, "a", 1, 1, 1, null, null, null], [19, "a", 1, 0, 1, 0, "f", 0], [19, "a", 1, 1, 1, 0, "t", 1], [19, "a", 1, 4, 1, 1, "t", 4]]');
select expect.rows($$select index, flag from pgflow.held_tasks(0, stage.w(), '{}') where kind = 9 order by 1$$, '[[0, "f"], [4, "O"]]');

-- case: the signals that their steps are given
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('none');
select stage.runs_that_wait('a', 'b', 'c');
select stage.worker();
select stage.signal(n, 1, '5') from unnest('{a,b,c}'::text[]) n;
select stage.task('a', 1, p_worker => 'w'), stage.task('b', 1), stage.task('c', 0, p_worker => 'w'), stage.task('none', 1, p_worker => 'w');
select expect.rows($$select run_id, step, payload, error from pgflow.held_tasks(0, stage.w(), '{}') where kind = 18$$, '[["a", 1, 5, "me"]]');
