-- What the files of this folder play with: a workflow, its runs, workers that only they play. Everything of it is gone after each case.

-- The schema of the outputs and inputs of `flow`.
create function stage.schema(p_type text) returns jsonb
language sql immutable
as $$
    select case p_type when 'list' then '{"type": "array", "items": {"type": "integer"}}'::jsonb else jsonb_build_object('type', p_type) end
$$;

-- A step of a definition.
create function stage.step(p_name text, p_takes text[] default '{}', p_after text[] default '{}', p_map jsonb default null,
                           p_type text default 'integer', p_on_failure boolean default false, p_input boolean default false,
                           p_signal text default null, p_latest boolean default false) returns jsonb
language sql stable
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'name', p_name, 'takes_input', p_input, 'map', p_map, 'on_failure', nullif(p_on_failure, false), 'output', stage.schema(p_type),
        'signal', case when p_signal is not null then jsonb_build_object('name', p_signal, 'payload', stage.schema('integer')) end,
        'options', jsonb_build_object('max_attempts', 3, 'latest_signal', nullif(p_latest, false)), 'depends_on', coalesce((
            select jsonb_agg(jsonb_build_object('step', e.step, 'value', e.value) order by e.at)
            from (select t.step, true, t.at from unnest(p_takes) with ordinality t(step, at)
                  union all select t.step, false, 100 + t.at from unnest(p_after) with ordinality t(step, at)) e(step, value, at)), '[]')))
$$;

-- `flow`: 0 list, 1 each (a map of the list), 2 side (after the list), 3 sum (of each, after side), 4 amends (when the run has failed).
create function stage.definition(p_name text default 'flow') returns jsonb
language sql stable
as $$
    select jsonb_build_object('name', p_name, 'input', stage.schema('integer'), 'output', stage.schema('integer'), 'steps', jsonb_build_array(
        stage.step('list', p_type => 'list', p_input => true),
        stage.step('each', p_takes => '{list}', p_map => '{"step": "list"}'),
        stage.step('side', p_after => '{list}'),
        stage.step('sum', p_takes => '{each}', p_after => '{side}'),
        stage.step('amends', p_on_failure => true)))
$$;

-- `waits`: 0 ask, 1 first (after it; waits for the signal `go`), 2 last (for the latest `go`), 3 other (for `word`).
create function stage.waiting() returns jsonb
language sql stable
as $$
    select jsonb_build_object('name', 'waits', 'input', stage.schema('integer'), 'output', stage.schema('integer'), 'steps', jsonb_build_array(
        stage.step('ask', p_input => true),
        stage.step('first', p_after => '{ask}', p_signal => 'go'),
        stage.step('last', p_after => '{ask}', p_signal => 'go', p_latest => true),
        stage.step('other', p_after => '{ask}', p_signal => 'word')))
$$;

-- Registers a definition; a letter of the hexadecimal digits tells one version from another.
create function stage.define(p_definition jsonb default stage.definition(), p_hash text default 'a') returns int
language sql volatile
as $$
    select pgflow.register(p_definition, repeat(p_hash, 64),
                           array(select 'contract of ' || (s ->> 'name') from jsonb_array_elements(p_definition -> 'steps') s))
$$;

-- The newest version of a workflow.
create function stage.version(p_workflow text default 'flow') returns int
language sql stable
as $$ select max(v.id) from pgflow.version v join pgflow.workflow w on w.id = v.workflow_id where w.name = p_workflow $$;

-- Gives a run a name.
create function stage.name(p_name text, p_run uuid) returns uuid
language sql volatile
as $$ insert into stage.named values (p_name, p_run) returning id $$;

-- The run of this name; `gone` is one that there never was.
create function stage.run(p_name text) returns uuid
language plpgsql stable
as $$
declare
    v_id uuid := (select n.id from stage.named n where n.name = p_name);
begin
    if v_id is null then
        raise exception 'the stage has no run %', p_name using errcode = 'TEST1';
    end if;
    return v_id;
end $$;
insert into stage.named values ('gone', '01b97000-0000-7000-8000-000000000000');

create function stage.runs(variadic p_names text[]) returns uuid[]
language sql stable
as $$ select array(select stage.run(n.name) from unnest(p_names) with ordinality n(name, at) order by n.at) $$;

create function stage.period(p_name text) returns int
language sql stable
as $$ select pgflow.period_of_run(stage.run(p_name)) $$;

-- Starts a run of `flow` that is due at once, if not otherwise said.
create function stage.start(
    p_name text, p_workflow text default 'flow', p_input jsonb default '1', p_queue text default 'default', p_priority int default 0,
    p_namespace text default '', p_at timestamptz default null, p_key text default null, p_deadline interval default null
) returns uuid
language sql volatile
as $$
    select stage.name(p_name, pgflow.start_run(p_workflow, p_input, p_key => p_key, p_queue => p_queue, p_priority => p_priority,
                                               p_namespace => p_namespace, p_start_at => p_at, p_deadline => p_deadline))
$$;

-- Defines `flow`, and starts a run of each name.
create function stage.runs_of_flow(variadic p_names text[]) returns void
language plpgsql volatile
as $$
begin
    perform stage.define();
    perform stage.start(n) from unnest(p_names) n;
end $$;

-- Defines `waits`, and starts a run of each name.
create function stage.runs_that_wait(variadic p_names text[]) returns void
language plpgsql volatile
as $$
begin
    perform stage.define(stage.waiting());
    perform stage.start(n, 'waits') from unnest(p_names) n;
end $$;

-- The clock goes on.
create function stage.later(p_by interval) returns void
language sql volatile
as $$ select set_config('pgflow.fake_now', (pgflow.now() + p_by)::text, true) $$;

-- A worker; its silence limit is shorter than any server of a test has been up.
create function stage.worker(p_name text default 'w', p_silence interval default '10 ms') returns int
language sql volatile
as $$ select pgflow.register_worker(0, p_name, p_silence, array(select v.id from pgflow.version v)) $$;

create function stage.w(p_name text default 'w') returns int
language sql stable
as $$ select max(w.id) from pgflow.worker w where w.name = p_name $$;

-- Has a worker own runs that are queued, in one claim, whose number it gives.
create function stage.own(p_worker text, variadic p_names text[]) returns bigint
language sql volatile
as $$
    with gone as (
        delete from pgflow.ready r where r.run_id = any(stage.runs(variadic p_names))
    )
    insert into pgflow.claim (bucket, worker_id, number, claimed_at, runs)
    select 0, stage.w(p_worker), coalesce((select max(c.number) from pgflow.claim c), 0) + 1, pgflow.now(), stage.runs(variadic p_names)
    returning number
$$;

-- What is recorded of a unit: an output (`c`), or an error (`f`, `s`).
create function stage.outcome(p_name text, p_step int, p_output jsonb, p_index int default -1, p_kind "char" default 'c',
                              p_error text default null, p_attempts int default 1) returns void
language sql volatile
as $$
    insert into pgflow.outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output, error)
    values (0, stage.period(p_name), stage.run(p_name), p_index, p_step, p_attempts, 7, 1.5, pgflow.now(), p_kind, p_output, p_error)
$$;

-- A failed attempt that another one follows.
create function stage.attempt(p_name text, p_step int, p_number int, p_index int default -1, p_retry interval default '1 min',
                              p_resumed boolean default false) returns void
language sql volatile
as $$
    insert into pgflow.attempt (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error, resumed)
    values (0, stage.period(p_name), stage.run(p_name), p_index, p_step, p_number, 7, 1.5, pgflow.now(), pgflow.now() + p_retry,
            format('failed %s', p_number), p_resumed)
$$;

-- A signal that was sent to a run, so long ago.
create function stage.signal(p_name text, p_step int, p_payload jsonb, p_ago interval default '0', p_sender text default 'me') returns void
language sql volatile
as $$
    insert into pgflow.signal (bucket, period, run_id, step, sent_at, sender, payload)
    values (0, stage.period(p_name), stage.run(p_name), p_step, pgflow.now() - p_ago, p_sender, p_payload)
$$;

-- What a unit has asked for that is to be executed again.
create function stage.repeat(
    p_name text, p_step int, p_index int default -1, p_count int default 1, p_state jsonb default '{}', p_due interval default '1 min',
    p_handed boolean default true, p_attempts int default 0
) returns void
language sql volatile
as $$
    insert into pgflow.repeat (bucket, period, run_id, step, index, count, attempts, began_at, due_at, handed, state)
    values (0, stage.period(p_name), stage.run(p_name), p_step, p_index, p_count, p_attempts, pgflow.now(), pgflow.now() + p_due, p_handed,
            p_state)
$$;

-- A run of `flow` that a unit of another one has started.
create function stage.child(p_parent text, p_name text, p_step int, p_index int default -1, p_number int default 1) returns void
language sql volatile
as $$
    select stage.start(p_name);
    update pgflow.run set parent_id = stage.run(p_parent), parent_step = p_step, parent_index = p_index where id = stage.run(p_name);
    insert into pgflow.child (bucket, period, run_id, step, index, number, child_id, started_at)
    values (0, stage.period(p_parent), stage.run(p_parent), p_step, p_index, p_number, stage.run(p_name), pgflow.now())
$$;

-- What is still to be said within the family of a run.
create function stage.errand(p_name text, p_kind "char") returns void
language sql volatile
as $$ insert into pgflow.errand (bucket, run_id, kind) values (0, stage.run(p_name), p_kind) $$;

create function stage.map(p_name text, p_step int, p_items int) returns void
language sql volatile
as $$ insert into pgflow.map (bucket, period, run_id, step, items) values (0, stage.period(p_name), stage.run(p_name), p_step, p_items) $$;

-- A task of a run, that is out. The share is counted with it.
create function stage.task(
    p_name text, p_step int, p_first int default -1, p_count int default 1, p_worker text default null, p_due boolean default true,
    p_turn int default 0, p_available interval default '0', p_attempts int default 0, p_crashes int default 0, p_queue text default null,
    p_own boolean default false
) returns bigint
language sql volatile
as $$
    insert into pgflow.share as s (bucket, run_id, step, remaining) values (0, stage.run(p_name), p_step, 1)
    on conflict (bucket, run_id, step) do update set remaining = s.remaining + 1;
    insert into pgflow.task (bucket, run_id, period, version_id, worker_id, first, count, step, attempts, crashes, own, due, available_at,
                             priority, turn, queue, namespace, items)
    select 0, r.id, r.period, r.version_id, case when p_worker is not null then stage.w(p_worker) end, p_first, p_count, p_step, p_attempts,
           p_crashes, p_own, p_due, pgflow.now() + p_available, r.priority, p_turn, coalesce(p_queue, r.queue), r.namespace,
           case when p_first >= 0 then (select jsonb_agg(10 * n) from generate_series(p_first, p_first + p_count - 1) n) end
    from pgflow.run r where r.id = stage.run(p_name)
    returning id
$$;

-- A mark of a unit that was begun.
create function stage.mark(p_name text, p_step int, p_index int default -1, p_worker text default null, p_alone boolean default false,
                           p_attempt int default 1, p_suspect boolean default false, p_crashes int default 0) returns void
language sql volatile
as $$
    insert into pgflow.mark (bucket, run_id, index, step, attempt, crashes, alone, suspect, worker_id)
    values (0, stage.run(p_name), p_index, p_step, p_attempt, p_crashes, p_alone, p_suspect,
            case when p_worker is not null then stage.w(p_worker) end)
$$;

-- A message to the owner of a run.
create function stage.message(p_name text, p_kind "char", p_step int default null, p_index int default null, p_reason text default null)
returns bigint
language sql volatile
as $$
    insert into pgflow.inbox (bucket, run_id, sent_at, step, index, kind, reason)
    values (0, stage.run(p_name), pgflow.now(), p_step, p_index, p_kind, p_reason) returning id
$$;

-- Ends a run, whoever has it.
create function stage.end(p_name text, p_status "char", p_error text default null) returns void
language sql volatile
as $$
    delete from pgflow.ready r where r.run_id = stage.run(p_name);
    update pgflow.claim set runs = array_remove(runs, stage.run(p_name)) where stage.run(p_name) = any(runs);
    insert into pgflow.run_end (bucket, period, run_id, ended_at, status, error)
    values (0, stage.period(p_name), stage.run(p_name), pgflow.now(), p_status, p_error)
$$;

-- Parks a run: due after a while, or never by itself.
create function stage.park(p_name text, p_for interval default null) returns void
language sql volatile
as $$
    delete from pgflow.ready r where r.run_id = stage.run(p_name);
    update pgflow.claim set runs = array_remove(runs, stage.run(p_name)) where stage.run(p_name) = any(runs);
    insert into pgflow.ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    select 0, r.id, r.period, r.version_id, r.priority, coalesce(pgflow.now() + p_for, 'infinity'), false, false, r.queue, r.namespace
    from pgflow.run r where r.id = stage.run(p_name)
$$;

-- A round trip of a worker. Its entries have what belongs to them with them:
--     {"number": 5, "runs": 10, "tasks": 10, "heard": [..], "watch": ["a"], "known": [..], "entries": [
--         {"run": "a", "claim": 1, "task": 0, "fate": 0, "due_ms": 0, "shared": false, "error": null,
--          "outcomes": [{"step": 0, "index": -1, "kind": "c", "output": 1, "error": null, "attempts": 1}],
--          "attempts": [{"step": 0, "index": -1, "number": 1, "retry_ms": 0, "error": "no", "item": 1}], "maps": [[1, 3]],
--          "shares": [{"step": 1, "first": 0, "count": 2, "attempts": 0, "queue": null, "items": [1, 2]}],
--          "begins": [{"step": 0, "index": -1, "attempt": 1, "alone": false}],
--          "repeats": [{"step": 0, "index": -1, "count": 1, "attempts": 0, "wait_ms": 0, "state": {}, "item": 1}],
--          "children": [{"step": 0, "index": -1, "number": 1, "version": 1, "queue": null, "deadline_ms": null, "input": 1}]}],
--      "families": ["a"]}
create function stage.exchange(p_worker int, p jsonb) returns setof pgflow.answer
language plpgsql volatile
as $$
declare
    v_queues text[] := array(select * from jsonb_array_elements_text(coalesce(p -> 'queues', '["default"]')));
    e record;
    o record;
    a record;
    m record;
    s record;
    b record;
    r record;
    c record;
begin
    select array_agg(stage.run(x ->> 'run') order by at) as run, array_agg(pgflow.period_of_run(stage.run(x ->> 'run')) order by at) as period,
           array_agg(coalesce((x ->> 'claim')::bigint, 0) order by at) as claim, array_agg(coalesce((x ->> 'task')::bigint, 0) order by at) as task,
           array_agg(coalesce((x ->> 'fate')::smallint, 0::smallint) order by at) as fate,
           array_agg(coalesce((x ->> 'due_ms')::bigint, 0) order by at) as due_ms,
           array_agg(coalesce((x ->> 'shared')::boolean, false) order by at) as shared, array_agg(x ->> 'error' order by at) as error
    into e from jsonb_array_elements(p -> 'entries') with ordinality y(x, at);
    select array_agg(entry) as entry, array_agg((x ->> 'step')::smallint) as step, array_agg(coalesce((x ->> 'index')::int, -1)) as index,
           array_agg(coalesce(x ->> 'kind', 'c')::"char") as kind, array_agg(coalesce((x ->> 'attempts')::smallint, 1::smallint)) as attempts,
           array_agg(2.5::real) as duration, array_agg(x -> 'output') as output, array_agg(x ->> 'error') as error
    into o from stage.belongings(p, 'outcomes');
    select array_agg(entry) as entry, array_agg((x ->> 'step')::smallint) as step, array_agg(coalesce((x ->> 'index')::int, -1)) as index,
           array_agg((x ->> 'number')::smallint) as number, array_agg(2.5::real) as duration,
           array_agg(coalesce((x ->> 'retry_ms')::bigint, 0)) as retry, array_agg(coalesce(x ->> 'error', 'not yet')) as error,
           array_agg(x -> 'item') as item
    into a from stage.belongings(p, 'attempts');
    select array_agg(entry) as entry, array_agg((x ->> 0)::smallint) as step, array_agg((x ->> 1)::int) as items
    into m from stage.belongings(p, 'maps');
    select array_agg(entry) as entry, array_agg((x ->> 'step')::smallint) as step, array_agg(coalesce((x ->> 'first')::int, -1)) as first,
           array_agg(coalesce((x ->> 'count')::int, 1)) as count, array_agg(coalesce((x ->> 'attempts')::smallint, 0::smallint)) as attempts,
           array_agg(x ->> 'queue') as queue, array_agg(x -> 'items') as items
    into s from stage.belongings(p, 'shares');
    select array_agg(entry) as entry, array_agg((x ->> 'step')::smallint) as step, array_agg(coalesce((x ->> 'index')::int, -1)) as index,
           array_agg(coalesce((x ->> 'attempt')::smallint, 1::smallint)) as attempt,
           array_agg(coalesce((x ->> 'alone')::boolean, false)) as alone
    into b from stage.belongings(p, 'begins');
    select array_agg(entry) as entry, array_agg((x ->> 'step')::smallint) as step, array_agg(coalesce((x ->> 'index')::int, -1)) as index,
           array_agg((x ->> 'count')::int) as count, array_agg(coalesce((x ->> 'attempts')::smallint, 0::smallint)) as attempts,
           array_agg(coalesce((x ->> 'wait_ms')::bigint, 0)) as wait, array_agg(coalesce(x -> 'state', '{}')) as state,
           array_agg(x -> 'item') as item
    into r from stage.belongings(p, 'repeats');
    select array_agg(entry) as entry, array_agg((x ->> 'step')::smallint) as step, array_agg(coalesce((x ->> 'index')::int, -1)) as index,
           array_agg(coalesce((x ->> 'number')::smallint, 1::smallint)) as number,
           array_agg(coalesce((x ->> 'version')::int, stage.version())) as version, array_agg(x ->> 'queue') as queue,
           array_agg((x ->> 'deadline_ms')::bigint) as deadline, array_agg(coalesce(x -> 'input', '1')) as input
    into c from stage.belongings(p, 'children');
    return query select * from pgflow.exchange(
        0, p_worker, (p ->> 'number')::bigint, coalesce((p ->> 'repeated')::boolean, false), coalesce((p ->> 'marker')::bigint, 0), v_queues,
        array(select v.id from pgflow.version v order by v.id), null, null,
        case when p ? 'runs' then array_fill((p ->> 'runs')::int, array[cardinality(v_queues)]) end,
        case when p ? 'tasks' then array_fill((p ->> 'tasks')::int, array[cardinality(v_queues)]) end, null, null,
        e.run, e.period, e.claim, e.task, e.fate, e.due_ms, e.shared, e.error,
        o.entry, o.step, o.index, o.kind, o.attempts, o.duration, o.output, o.error,
        a.entry, a.step, a.index, a.number, a.duration, a.retry, a.error, a.item, m.entry, m.step, m.items,
        s.entry, s.step, s.first, s.count, s.attempts, s.queue, s.items, b.entry, b.step, b.index, b.attempt, b.alone,
        (select array_agg(x::bigint) from jsonb_array_elements_text(p -> 'heard') x),
        (select array_agg(stage.run(x)) from jsonb_array_elements_text(p -> 'watch') x),
        (select array_agg(x::int) from jsonb_array_elements_text(p -> 'watch_from') x),
        (select array_agg(x::bigint) from jsonb_array_elements_text(p -> 'known') x),
        r.entry, r.step, r.index, r.count, r.attempts, r.wait, r.state, r.item,
        c.entry, c.step, c.index, c.number, c.version, c.queue, c.deadline, c.input,
        (select array_agg(stage.run(x)) from jsonb_array_elements_text(p -> 'families') x));
end $$;

-- The lists of this name of all entries, each with the place of its entry.
create function stage.belongings(p jsonb, p_list text) returns table (entry int, x jsonb)
language sql stable
as $$
    select e.at::int, l.x from jsonb_array_elements(p -> 'entries') with ordinality e(entry, at)
    cross join lateral jsonb_array_elements(coalesce(e.entry -> p_list, '[]')) with ordinality l(x, place) order by e.at, l.place
$$;

-- The same, as it is compared with: each row of the answer as an object, without what is null in it.
create function stage.answer(p_worker text, p jsonb) returns setof jsonb
language sql volatile
as $$ select jsonb_strip_nulls(to_jsonb(a)) from stage.exchange(stage.w(p_worker), p) a order by a.kind, a.number, a.step, a.index, stage.readable(a.run_id::text) $$;
