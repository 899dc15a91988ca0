-- broken: where r.version_id is null => where false
-- broken: not between 1 and 512 => not between 0 and 512
-- broken: r.run ? 'id' and r.same > 1 => r.same > 2
-- broken: r.created_at > v_now => false
-- broken: or r.ended_at > v_now =>
-- broken: o.name is null or x.same > 1 => o.name is null
-- broken: and not p.step ? 'items' then => and false then
-- broken: p.is_map and p.step ? 'output' => false
-- broken: not in ('completed', 'skipped')) => not in ('completed', 'skipped', 'ready'))
-- broken: p.run_status not in ('failed', 'cancelled') => false
-- broken: not between 0 and 32767 => not between 0 and 32768
-- broken: coalesce(d.status, '') not in ('completed', 'skipped') => false
-- broken: p.run_status = 'completed' and not p.on_failure => p.run_status = 'completed'
-- broken: where r.status = 'failed' and => where false and
-- broken: order by s.n, s.at, s.place, s.problem) => order by s.n desc, s.at, s.place, s.problem)

-- case: what is right
create function pg_temp.problems(p_runs jsonb) returns text
language sql as $$ select array_to_string(pgflow.import_problems(p_runs), '; ') $$;
select stage.define();
select expect.equal(pg_temp.problems('[
    {"workflow": "flow", "input": 1}, {"id": "a", "workflow": "flow", "input": 1, "status": "failed", "error": "e", "created_at": "2020-01-01T00:00:00Z", "ended_at": "2020-01-01T00:00:01+00:00"},
    {"workflow": "flow", "input": 1, "status": "completed", "steps": [{"name": "list", "status": "completed", "output": [1]}, {"name": "sum", "status": "completed", "output": 1},
      {"name": "side", "status": "skipped"}, {"name": "each", "status": "completed", "items": [{"status": "completed", "output": 1, "attempts": 32767}, {"status": "skipped"}]}]},
    {"workflow": "flow", "input": 1, "status": "failed", "steps": [{"name": "list", "status": "failed"}]}]'), '', 'runs');

-- case: what is wrong with a run
create function pg_temp.problems(p_runs jsonb) returns text
language sql as $$ select array_to_string(pgflow.import_problems(p_runs), '; ') $$;
select stage.define();
select expect.equal(pg_temp.problems('[{"workflow": "x"}, {"workflow": "flow", "input": "x", "id": ""}]'),
    '`runs[0].workflow`: there is no workflow `x`; `runs[1].id`: an id has 1 to 512 bytes; `runs[1].input`: `input` is of type string, and integer is wanted', 'of the whole');
select expect.equal(pg_temp.problems('[{"workflow": "flow", "input": 1, "id": "a"}, {"workflow": "flow", "input": 1, "id": "a"}]'), '`runs[1].id`: `a` stands in the document twice', 'an id');
select expect.equal(pg_temp.problems(jsonb_build_array(jsonb_build_object('workflow', 'flow', 'input', 1, 'created_at', '2999-01-01T00:00:00Z'),
                                                       jsonb_build_object('workflow', 'flow', 'input', 1, 'created_at', '2020-01-02T00:00:00Z', 'ended_at', '2020-01-01T00:00:00Z'),
                                                       jsonb_build_object('workflow', 'flow', 'input', 1, 'created_at', '2020-01-02T00:00:00Z', 'ended_at', '2999-01-01T00:00:00Z'))),
    '`runs[0].created_at`: this is in the future; `runs[1].ended_at`: it cannot have ended before it was created, nor in the future; ' ||
    '`runs[2].ended_at`: it cannot have ended before it was created, nor in the future', 'times');
select expect.equal(pg_temp.problems('[{"workflow": "flow", "input": 1, "status": "failed"}]'), '`runs[0]`: the run has failed, and neither a step nor an `error` says of what', 'a failure');
select expect.equal(pg_temp.problems('[{"workflow": "flow", "input": 1, "status": "completed", "steps": [{"name": "list", "status": "completed", "output": []}, {"name": "each", "status": "completed", "items": []},
                                                                                                        {"name": "side", "status": "skipped"}]}]'),
    '`runs[0]`: the run has completed, and step `sum` has not', 'one that has not completed');

-- case: what is wrong with a step
create function pg_temp.problems(p_steps jsonb) returns text
language sql as $$
    select array_to_string(pgflow.import_problems(jsonb_build_array(jsonb_build_object('workflow', 'flow', 'input', 1,
        'steps', '[{"name": "list", "status": "completed", "output": []}]'::jsonb || p_steps))), '; ')
$$;
select stage.define();
select expect.equal(pg_temp.problems('[{"name": "x", "status": "ready"}, {"name": "list", "status": "ready"}]'),
    '`runs[0].steps[1].name`: workflow `flow` has no step `x`; `runs[0].steps[2].name`: step `list` stands here twice', 'names');
select expect.equal(pg_temp.problems('[{"name": "each", "status": "completed"}]'), '`runs[0].steps[1]`: map step `each` has completed, and has no `items`', 'no items');
select expect.equal(pg_temp.problems('[{"name": "each", "status": "running", "output": 1}]'), '`runs[0].steps[1]`: map step `each` has `items`, and no output of its own', 'an output');
select expect.equal(pg_temp.problems('[{"name": "side", "status": "running", "items": []}]'), '`runs[0].steps[1]`: step `side` is no map step, and has no `items`', 'items');
select expect.equal(pg_temp.problems('[{"name": "each", "status": "completed", "items": [{"status": "ready"}]}]'), '`runs[0].steps[1]`: step `each` has completed, and some of its items have not', 'open items');
select expect.equal(pg_temp.problems('[{"name": "side", "status": "failed"}]'), '`runs[0].steps[1]`: step `side` has failed, and the run has not', 'a failure');
select expect.equal(pg_temp.problems('[{"name": "side", "status": "ready", "attempts": 32768}]'), '`runs[0].steps[1].attempts`: `attempts` is a number from 0 to 32767', 'attempts');
select expect.equal(pg_temp.problems('[{"name": "sum", "status": "completed", "output": 1}]'),
    '`runs[0].steps[1]`: step `sum` is completed, and `each`, on which it depends, is not done; `runs[0].steps[1]`: step `sum` is completed, and `side`, on which it depends, is not done', 'too early');
select expect.equal(pg_temp.problems('[{"name": "side", "status": "completed", "output": "x"}, {"name": "each", "status": "completed", "items": [{"status": "completed", "output": "y"}]}]'),
    '`runs[0].steps[1]`: the output does not fit step `side`: `output` is of type string, and integer is wanted; ' ||
    '`runs[0].steps[2]`: the output does not fit step `each`: `items[0].output` is of type string, and integer is wanted', 'outputs');
