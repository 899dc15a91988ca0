-- broken: max(a.number) = 0 and exists => false and exists
-- broken: max(a.number) filter (where a.resumed)::int => null::int
-- broken: greatest(ceil( => (ceil(
-- broken: where x.bucket = p_bucket and x.run_id = w.id offset 0) k => where false) k
-- broken: when k.suspect then 't' else 'f' => when k.suspect then 'f' else 't'
-- broken: return query select * from pgflow.signals_of(p_bucket, p_runs); => null;
-- broken: return query select * from pgflow.repeats_of(p_bucket, p_runs, null, null, null); => null;
-- broken: t.own::int::bigint => null::bigint
-- broken: return query select * from pgflow.children_of(p_bucket, p_runs, null, null); => null;

-- case: all that is known of a run, and nothing of others
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.worker();
select stage.outcome(n, 0, '[1, 2]'), stage.outcome(n, 2, null, p_kind => 's', p_error => 'why not', p_attempts => 0), stage.attempt(n, 1, 1, 0,
       '-1 s'),
       stage.attempt(n, 1, 2, 0, '1500 ms'), stage.attempt(n, 1, 1, 1, '-1 s', true), stage.attempt(n, 1, 2, 1, '-1 s'), stage.attempt(n, 3, 0,
              p_retry => '2 s'),
       stage.attempt(n, 1, 0, p_retry => '9 s'), stage.task(n, 1, 0, 2, p_own => true),
       stage.map(n, 1, 5), stage.mark(n, 1, 0, p_suspect => true, p_crashes => 2), stage.mark(n, 1, 1) from unnest('{a,b}'::text[]) n;
select stage.message('b', 'x');
do $$ begin perform set_config('stage.message', stage.message('a', 'n', 1, 2, 'please')::text, true); end $$;
select stage.look();
select expect.rows($$select kind, run_id, step, index, attempts, number = current_setting('stage.message')::bigint, version_id, flag, payload, error
                     from pgflow.history(0, stage.runs('a', 'gone')) h order by kind <> 6, kind <> 7, kind <> 5, kind <> 11, step, index$$,
    '[[6, "a", 1, -1, 0, false, null, null, null, null], [6, "a", 1, 0, 2, false, null, null, null, null],
      [6, "a", 1, 1, 2, false, 1, null, null, null], [6, "a", 3, -1, 0, false, null, null, null, null],
      [7, "a", 1, 0, 2, false, null, null, null, null], [5, "a", 0, -1, 1, null, null, "c", [1, 2], null],
      [5, "a", 2, -1, 0, null, null, "s", null, "why not"], [11, "a", 1, 0, 2, null, null, "t", null, null],
      [11, "a", 1, 1, 0, null, null, "f", null, null], [8, "a", 1, 2, null, true, null, "n", null, "please"]]');
select expect.rows($$select step, index, number from pgflow.history(0, stage.runs('a')) where kind in (6, 7) order by kind, step, index$$,
                   '[[1, -1, 0], [1, 0, 1500], [1, 1, 0], [3, -1, 2000], [1, 0, 1]]',
                   'when the next attempts are due (of a map whose size is known the delay is over), how often it was tried');
select expect.touched();

-- case: of nothing, and of what has no history, nothing
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select expect.rows($$select * from pgflow.history(0, stage.runs('a', 'gone'))$$, '[]');
select expect.rows($$select * from pgflow.history(0, '{}')$$, '[]');
select stage.outcome('a', 0, '1');
select expect.rows($$select * from pgflow.history(1, stage.runs('a'))$$, '[]', 'in another bucket');

-- case: the signals that its steps are given, and what its units have asked for
set local search_path = pgflow, pg_temp;
select stage.runs_that_wait('a', 'b');
select stage.signal(n, 3, '7'), stage.repeat(n, 0, p_state => '"x"') from unnest('{a,b}'::text[]) n;
select expect.rows($$select kind, run_id, step, index, attempts, version_id, flag, payload, error from pgflow.history(0, stage.runs('a')) order by 1$$,
    '[[18, "a", 3, null, null, null, null, 7, "me"], [19, "a", 0, -1, 1, 0, "t", {"state": "x", "since_ms": 0}, null]]');

-- case: the runs that its units wait for
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.child('a', 'of a', 0), stage.child('b', 'of b', 0);
select expect.rows($$select kind, run_id, step, index, attempts, flag, payload ->> 'child' from pgflow.history(0, stage.runs('a'))$$, '[[20, "a", 0, -1, 1, null, "of a"]]');
