-- broken: where w.step is null and => where
-- broken: x.index >= w.first and x.index < w.first + w.count => x.index < w.first + w.count
-- broken: x.index >= w.first and x.index < w.first + w.count => x.index >= w.first
-- broken: x.run_id = w.id and x.step = w.step => x.run_id = w.id
-- broken: greatest(ceil( => (ceil(
-- broken: when r.handed then 't' else 'f' => when r.handed then 'f' else 't'
-- broken: 'since_ms', floor(extract(epoch from v_now - r.began_at) * 1000) => 'since_ms', floor(extract(epoch from v_now - r.began_at))
-- broken: o.step = r.step and o.index = r.index => o.step = r.step
-- broken: o.run_id = r.run_id and o.step = r.step => o.run_id = r.run_id
-- broken: o.run_id = r.run_id and => true and

-- case: all units of runs, with what they remember, when they are due, and since when they have asked
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.repeat(n, 2, p_count => 3, p_state => '"x"', p_due => '500 ms', p_attempts => 4), stage.repeat(n, 1, 7, p_due => '-1 h', p_handed => false)
from unnest('{a,b}'::text[]) n;
select stage.later('1500.5 us');
select stage.look();
select expect.rows($$select * from pgflow.repeats_of(0, stage.runs('a', 'gone'), null, null, null) order by step$$,
    '[[19, "a", 0, 0, 1, 7, 1, "f", {"state": {}, "since_ms": 1}, null], [19, "a", 499, 4, 2, -1, 3, "t", {"state": "x", "since_ms": 1}, null]]');
select expect.rows($$select run_id from pgflow.repeats_of(0, stage.runs('b'), null, null, null)$$, '[["b"], ["b"]]', 'of another');
select expect.rows($$select * from pgflow.repeats_of(1, stage.runs('b'), null, null, null)$$, '[]', 'in another bucket');
select expect.rows($$select * from pgflow.repeats_of(0, null, null, null, null)$$, '[]', 'of none');
select expect.touched();

-- case: those of tasks only
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.repeat(n, 1, i, p_count => i + 1), stage.repeat(n, 3, i, p_count => 50) from unnest('{a,b}'::text[]) n, generate_series(-1, 9) i;
select expect.rows($$select run_id, step, index from pgflow.repeats_of(0, stage.runs('a', 'b', 'b'), '{1,1,3}', '{2,0,-1}', '{3,1,1}')
                     order by stage.readable(run_id::text), step, index$$,
    '[["a", 1, 2], ["a", 1, 3], ["a", 1, 4], ["b", 1, 0], ["b", 3, -1]]');

-- case: a unit that has an outcome needs nothing more
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b');
select stage.repeat('a', 1, i), stage.repeat('b', 1, i) from generate_series(0, 2) i;
select stage.repeat('a', 2), stage.outcome('a', 1, '1', 1), stage.outcome('b', 1, '1', 0), stage.outcome('b', 3, '1', 2);
select expect.rows($$select run_id, step, index from pgflow.repeats_of(0, stage.runs('a', 'b'), null, null, null) order by stage.readable(run_id::text), step, index$$,
    '[["a", 1, 0], ["a", 1, 2], ["a", 2, -1], ["b", 1, 1], ["b", 1, 2]]');
