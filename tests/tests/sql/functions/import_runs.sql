-- broken: where p_new[r.at]; => where true;
-- broken: not in ('completed', 'failed', 'cancelled') => not in ('completed', 'cancelled')
-- broken: where not s.is_map or p.step ->> 'status' = 'skipped' => where not s.is_map
-- broken: coalesce(u.unit ->> 'error', 'no reason was brought along') => u.unit ->> 'error'
-- broken: s.is_map and p.step ->> 'status' = 'completed' => s.is_map
-- broken: not s.is_map and (p.step ->> 'attempts')::int > 0 => not s.is_map and (p.step ->> 'attempts')::int > 5
-- broken: not x.paused, not x.known, x.paused => true, not x.known, false
-- broken: not x.known, => true,
-- broken: coalesce((r.run ->> 'created_at')::timestamptz, p_now), => p_now,

-- case: history, and what goes on
select stage.define(jsonb_build_object('deadline_ms', 60000) || stage.definition());
select stage.look();
select stage.name(n, pgflow.new_run_id(pgflow.run_id_prefix(0, t))) from (values ('done', timestamptz '2020-01-02 03:04Z'), ('failed', '2020-01-02 03:04Z'), ('half', pgflow.now()), ('paused', pgflow.now()), ('old', pgflow.now())) x(n, t);
select pgflow.import_runs(0, '[
    {"workflow": "flow", "input": 1, "status": "completed", "created_at": "2020-01-02T03:04:00Z", "ended_at": "2020-01-02T03:05:00Z", "steps": [
        {"name": "list", "status": "completed", "output": [1]}, {"name": "each", "status": "completed", "items": [{"status": "completed", "output": 5}, {"status": "skipped", "error": "no"}]},
        {"name": "side", "status": "skipped"}, {"name": "sum", "status": "completed", "output": 9, "attempts": 2, "ended_at": "2020-01-02T03:04:30Z"}]},
    {"workflow": "flow", "input": 2, "status": "failed", "error": "all wrong", "created_at": "2020-01-02T03:04:00Z", "steps": [{"name": "list", "status": "failed", "error": "e", "attempts": 3}]},
    {"workflow": "flow", "status": "running", "queue": "q", "priority": 4, "namespace": "n", "steps": [{"name": "list", "status": "completed", "output": [1]},
        {"name": "each", "status": "running", "items": [null, {"status": "completed", "output": 5}]}, {"name": "side", "status": "waiting", "attempts": 2, "error": "twice"}]},
    {"workflow": "flow", "input": 3, "status": "paused", "steps": [{"name": "side", "status": "waiting", "attempts": 0}]},
    {"workflow": "flow", "input": 4, "status": "completed"}]', stage.runs('done', 'failed', 'half', 'paused', 'old'), '{t,t,t,t,f}', pgflow.now());
select expect.touched('attempt half', 'map done', 'outcome done', 'outcome failed', 'outcome half', 'ready half', 'ready paused', 'run done', 'run failed', 'run half', 'run paused',
                      'run_end done', 'run_end failed');
select expect.rows('select id, checked, priority, created_at at time zone ''UTC'', deadline_at - pgflow.now(), queue, namespace, input from pgflow.run where created_at < pgflow.now() - interval ''1 day'' order by input',
    '[["done", false, 0, "2020-01-02T03:04:00", null, "default", "", 1], ["failed", false, 0, "2020-01-02T03:04:00", null, "default", "", 2]]', 'ended runs');
select expect.rows('select id, priority, created_at = pgflow.now(), deadline_at - pgflow.now(), queue, namespace, input from pgflow.run where created_at = pgflow.now() order by priority',
    '[["paused", 0, true, "00:01:00", "default", "", 3], ["half", 4, true, "00:01:00", "q", "n", null]]', 'live runs');
select expect.rows('select step, index, kind, attempts, output, error, recorded_at at time zone ''UTC'' from pgflow.outcome where run_id = stage.run(''done'') order by 1, 2',
    '[[0, -1, "c", 1, [1], null, "2020-01-02T03:05:00"], [1, 0, "c", 1, 5, null, "2020-01-02T03:05:00"], [1, 1, "s", 1, null, "no", "2020-01-02T03:05:00"],
      [2, -1, "s", 1, null, "no reason was brought along", "2020-01-02T03:05:00"], [3, -1, "c", 2, 9, null, "2020-01-02T03:04:30"]]', 'what is done');
select expect.rows('select step, index, kind, output from pgflow.outcome where run_id = stage.run(''half'') order by 1, 2', '[[0, -1, "c", [1]], [1, 1, "c", 5]]', 'half of it');
select expect.rows('select step, number, error from pgflow.attempt', '[[2, 2, "twice"]]', 'attempts');
select expect.rows('select run_id, status, error, ended_at at time zone ''UTC'' from pgflow.run_end order by 2', '[["done", "c", null, "2020-01-02T03:05:00"], ["failed", "f", "all wrong", "2020-01-02T03:04:00"]]', 'ends');
select expect.rows('select run_id, due, fresh, paused, queue, priority from pgflow.ready order by priority desc', '[["half", true, false, false, "q", 4], ["paused", false, true, true, "default", 0]]', 'what waits');
select expect.rows('select run_id, items from pgflow.map', '[["done", 2]]', 'sizes');
select expect.sound();

-- case: a map step that was skipped as a whole
select stage.define();
select stage.name('a', pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now())));
select pgflow.import_runs(0, '[{"workflow": "flow", "steps": [{"name": "list", "status": "skipped"}, {"name": "each", "status": "skipped"}]}]', stage.runs('a'), '{t}', pgflow.now());
select expect.rows('select step, index, kind from pgflow.outcome order by 1', '[[0, -1, "s"], [1, -1, "s"]]');
