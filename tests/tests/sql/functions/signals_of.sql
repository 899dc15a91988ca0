-- broken: then -g.number else g.number end => then g.number else -g.number end
-- broken: (s.options ->> 'latest_signal')::boolean => false
-- broken: 'infinity') => '-infinity')
-- broken: g.sent_at <= coalesce(( => g.sent_at < coalesce((
-- broken: a.index = -1 and a.number = 0 => a.index = -1 and a.number = 1
-- broken: a.run_id = g.run_id and a.step = g.step => a.run_id = g.run_id and a.step = g.step + 1
-- broken: o.run_id = g.run_id and o.step = g.step) => false)
-- broken: o.run_id = g.run_id and o.step = g.step) => o.step = g.step)
-- broken: * 1000000)::bigint => * 1000)::bigint
-- broken: x.run_id = w.id offset 0 => true offset 0
-- broken: r.id = g.run_id limit 1 => r.id <> g.run_id limit 1

-- case: of each step the first, or the latest, with when it was sent and by whom; of these runs
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('earlier');
select stage.runs_that_wait('a', 'b');
select stage.signal(n, s, to_jsonb(i), make_interval(secs => 10 - i), 'sender ' || i)
from unnest('{a,b}'::text[]) n, generate_series(1, 2) s, generate_series(1, 3) i order by n, i;
select stage.look();
select expect.rows($$select kind, run_id, to_timestamp(number / 1000000.0) - pgflow.now(), version_id, step, index, attempts, flag, payload, error
                     from pgflow.signals_of(0, stage.runs('a', 'gone'))$$,
    '[[18, "a", "-00:00:09", null, 1, null, null, null, 1, "sender 1"], [18, "a", "-00:00:07", null, 2, null, null, null, 3, "sender 3"]]');
select expect.rows('select * from pgflow.signals_of(0, ''{}'')', '[]', 'of none');
select expect.rows('select * from pgflow.signals_of(1, stage.runs(''a''))', '[]', 'in another bucket');
select expect.touched();

-- case: what was sent after the wait was over is given to nobody; in the same moment it is in time
set local search_path = pgflow, pg_temp;
select stage.runs_that_wait('late', 'just', 'waits', 'never', 'other');
select stage.attempt(n, 1, 0, p_retry => '-10 s'), stage.attempt(n, 1, 1, p_retry => '1 h') from unnest('{late,just}'::text[]) n;
select stage.attempt('waits', 1, 0, p_retry => '1 h'), stage.attempt('other', 3, 0, p_retry => '-10 s');
select stage.signal('late', 1, '1', '9.999 s'), stage.signal('just', 1, '1', '10 s'), stage.signal('waits', 1, '1'), stage.signal('never', 1, '1'),
       stage.signal('other', 1, '1');
select expect.rows($$select run_id from pgflow.signals_of(0, stage.runs('late', 'just', 'waits', 'never', 'other')) order by stage.readable(run_id::text)$$,
    '[["just"], ["never"], ["other"], ["waits"]]');
-- The latest of those that were in time.
select stage.attempt('late', 2, 0, p_retry => '-10 s'), stage.signal('late', 2, '1', '20 s'), stage.signal('late', 2, '2', '11 s'),
       stage.signal('late', 2, '3', '9 s');
select expect.rows($$select step, payload from pgflow.signals_of(0, stage.runs('late'))$$, '[[2, 2]]', 'the latest in time');

-- case: a step that is done needs none; what is recorded of another step or run is no matter
set local search_path = pgflow, pg_temp;
select stage.runs_that_wait('a', 'b');
select stage.signal(n, 1, '1'), stage.signal(n, 3, '3') from unnest('{a,b}'::text[]) n;
select stage.outcome('a', 1, '1');
select expect.rows($$select run_id, step from pgflow.signals_of(0, stage.runs('a', 'b')) order by stage.readable(run_id::text), step$$,
    '[["a", 3], ["b", 1], ["b", 3]]');

-- case: whether the latest counts is said by the run's own version
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('other');
select stage.runs_that_wait('a');
select stage.signal('a', 2, '1', '2 s'), stage.signal('a', 2, '2', '1 s');
select expect.rows('select step, payload from pgflow.signals_of(0, stage.runs(''a''))', '[[2, 2]]');
