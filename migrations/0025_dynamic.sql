-- Intent: workflows that are made at run time: created, updated, deleted and listed, from Rust, SQL and JSON alike; what workers need
--         to run them, and what none of them can.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- The form of a definition's document is told by `document_form`, which is made of docs/workflow.schema.json and docs/import.schema.json.
-- What is stored is the document with all defaults, as Rust writes it.

-- Each change of such a workflow has a number, by which workers find what is new. Whoever takes one holds a lock until he commits, so that
-- they are seen in their order.
create sequence pgflow.dynamic_change;

create function pgflow.next_change() returns bigint
language plpgsql volatile
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('pgflow.dynamic_change', 0));
    return nextval('pgflow.dynamic_change');
end $$;

-- Keeps the workflow of a version from being deleted until the caller's transaction ends, where it was made at run time.
--
-- Locks: workflow (for key share).
create function pgflow.hold_workflow(p_version int) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    perform from version v join workflow w on w.id = v.workflow_id where v.id = p_version and w.dynamic for key share of w;
    -- In a later statement: whoever had it may have deleted it.
    if p_version is not null and not exists (select from version v where v.id = p_version) then
        raise exception 'the workflow was deleted' using errcode = 'PF404';
    end if;
end $$;

-- A JSON value as the text of which hashes are made, the same as Rust makes: keys in order, nothing between. With p_plain, without
-- descriptions and titles of schemas.
create function pgflow.canonical(p_value jsonb, p_plain boolean) returns text
language plpgsql immutable
as $$
begin
    return case jsonb_typeof(p_value)
        when 'object' then format('{%s}', (
            select string_agg(to_jsonb(m.key)::text || ':' || case when jsonb_typeof(m.value) in ('object', 'array') then pgflow.canonical(m.value, p_plain)
                                                                else m.value::text end, ',' order by m.key collate "C")
            from jsonb_each(p_value) m
            where not (p_plain and m.key in ('description', 'title') and jsonb_typeof(m.value) = 'string')))
        when 'array' then format('[%s]', (
            select string_agg(pgflow.canonical(i.value, p_plain), ',' order by i.at)
            from jsonb_array_elements(p_value) with ordinality i(value, at)))
        else p_value::text end;
end $$;

-- A step with all that has a default. What breaks a rule is checked before.
create function pgflow.full_step(p_step jsonb) returns jsonb
language plpgsql immutable
as $$
declare
    v_source text := p_step #>> '{map,step}';
    v_skip jsonb := '{"on_exhausted": false, "skippable": false, "with": []}'::jsonb || coalesce(p_step -> 'skip', '{}')
        || jsonb_build_object('when', p_step ? 'when');
    v_edges jsonb;
begin
    select coalesce(jsonb_agg(case jsonb_typeof(e.edge) when 'string' then jsonb_build_object('step', e.edge, 'value', true)
                              else '{"value": true}'::jsonb || e.edge end order by e.at), '[]')
    into v_edges
    from jsonb_array_elements(coalesce(p_step -> 'depends_on', '[]')) with ordinality e(edge, at);
    -- A map step waits for the step that it maps over.
    if v_source is not null and not v_edges @> jsonb_build_array(jsonb_build_object('step', v_source)) then
        v_edges := v_edges || jsonb_build_array(jsonb_build_object('step', v_source, 'value', false));
    end if;
    return jsonb_build_object(
            'name', p_step -> 'name', 'handler', coalesce(p_step -> 'handler', p_step -> 'name'),
            'takes_input', coalesce(p_step -> 'takes_input', 'true'), 'depends_on', v_edges, 'output', coalesce(p_step -> 'output', 'true'),
            'options', '{"max_attempts": 3, "backoff_ms": 1000, "max_backoff_ms": 3600000}'::jsonb || coalesce(p_step -> 'options', '{}'))
        || case when p_step ? 'description' then jsonb_build_object('description', p_step -> 'description') else '{}' end
        || case when p_step ? 'item' then jsonb_build_object('item', p_step -> 'item') else '{}' end
        || case when p_step ? 'when' then jsonb_build_object('when', p_step -> 'when') else '{}' end
        || case when jsonb_typeof(p_step -> 'map') = 'object'
           then jsonb_build_object('map', case when p_step #> '{map,path}' = '[]' then (p_step -> 'map') - 'path' else p_step -> 'map' end) else '{}' end
        || case when v_skip <> '{"when": false, "on_exhausted": false, "skippable": false, "with": []}'
           then jsonb_build_object('skip', v_skip) else '{}' end;
end $$;

-- A definition with all that has a default.
create function pgflow.full_definition(p_document jsonb) returns jsonb
language sql stable
set search_path = pgflow, pg_temp
as $$
    select jsonb_strip_nulls(jsonb_build_object('description', p_document -> 'description', 'deadline_ms', p_document -> 'deadline_ms'))
        || jsonb_build_object(
            'name', p_document -> 'name', 'input', coalesce(p_document -> 'input', 'true'), 'output', coalesce(p_document -> 'output', 'true'),
            'steps', (select jsonb_agg(pgflow.full_step(s.step) order by s.at) from jsonb_array_elements(p_document -> 'steps') with ordinality s(step, at)))
$$;

-- What of a step decides how runs go on and what they hold: all but its options and descriptions.
create function pgflow.step_identity(p_step jsonb) returns text
language sql immutable
as $$
    select pgflow.canonical(jsonb_build_object(
            'name', p_step -> 'name', 'takes_input', p_step -> 'takes_input', 'depends_on', p_step -> 'depends_on', 'map', p_step -> 'map',
            'skip', coalesce(p_step -> 'skip', '{"when": false, "on_exhausted": false, "skippable": false, "with": []}'), 'on_failure', false,
            'handler', p_step -> 'handler', 'output', pgflow.canonical(p_step -> 'output', true)::jsonb)
        || case when p_step ? 'when' then jsonb_build_object('when', p_step -> 'when') else '{}' end, false)
$$;

-- The hash of a full definition: that of Rust's `Definition::hash`.
create function pgflow.definition_hash(p_definition jsonb) returns text
language sql immutable
set search_path = pgflow, pg_temp
as $$
    select encode(sha256(convert_to(format(
        '{"input":%s,"name":%s,"output":%s,"steps":[%s]}', pgflow.canonical(p_definition -> 'input', true), p_definition -> 'name',
        pgflow.canonical(p_definition -> 'output', true),
        (select string_agg(pgflow.step_identity(s.step), ',' order by s.at)
         from jsonb_array_elements(p_definition -> 'steps') with ordinality s(step, at))), 'UTF8')), 'hex')
$$;

-- What is wrong with a definition's document, in its order: an empty array where nothing is. The rules, and their sentences, are those of
-- Rust; of what has the wrong form, the first thing is told.
create function pgflow.definition_problems(p_document jsonb) returns text[]
language plpgsql stable
set search_path = pgflow, pg_temp
set jit = off
as $$
declare
    v_name text := p_document ->> 'name';
    v_steps jsonb := case jsonb_typeof(p_document -> 'steps') when 'array' then p_document -> 'steps' else '[]' end;
    v_form jsonb := pgflow.document_form();
    v_problem text := pgflow.schema_problem('{"$ref": "#/$defs/workflow"}', v_form, p_document, 'workflow');
    v_word constant text := '^[a-zA-Z_][a-zA-Z0-9_]*$';
    v_handler constant text := '^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$';
    v_reserved constant text[] := '{input,item,start,start_with,start_in,workflow,definition,schema,signals}';
    v_problems text[];
begin
    if v_problem is not null then
        return array[v_problem];
    end if;
    with step as materialized (
        select s.at::int - 1 as number, f.step, f.step ->> 'name' as name, f.step -> 'options' as options, f.step -> 'map' as map,
               -- What may be skipped as a whole, and what has gaps: as in Rust.
               f.step ? 'when' or f.step @> '{"skip": {}}' and jsonb_array_length(f.step #> '{skip,with}') > 0
                   or not f.step ? 'map' and (f.step @> '{"skip": {"on_exhausted": true}}' or f.step @> '{"skip": {"skippable": true}}') as may_miss,
               f.step ? 'map' and (f.step @> '{"skip": {"on_exhausted": true}}' or f.step @> '{"skip": {"skippable": true}}') as gaps
        from jsonb_array_elements(v_steps) with ordinality s(step, at) cross join lateral (select pgflow.full_step(s.step)) f(step)
    ), first as materialized (
        select distinct on (s.name) s.* from step s order by s.name, s.number
    ), edge as materialized (
        select s.number, s.name, e.at, e.edge ->> 'step' as to_name, t.number as to_number,
               exists (select from jsonb_array_elements(s.step -> 'depends_on') with ordinality o(edge, at)
                       where o.at < e.at and o.edge ->> 'step' = e.edge ->> 'step') as again
        from step s cross join lateral jsonb_array_elements(s.step -> 'depends_on') with ordinality e(edge, at)
        left join first t on t.name = e.edge ->> 'step'
    ), said(number, at, problem) as (
        select -1, 0, format('`%s` cannot be the name of a workflow', v_name) where v_name !~ v_word or octet_length(v_name) > 128
        union all select -1, 1, case when (p_document ->> 'deadline_ms')::numeric <= 0 then 'a deadline is longer than nothing; leave the argument out for none'
                                     else 'a deadline is at most `36500d`; leave the argument out for none' end
                  where (p_document ->> 'deadline_ms')::numeric not between 1 and 3153600000000
        union all select -1, 2, format('workflow `%s` has no steps', v_name) where jsonb_array_length(v_steps) = 0
        union all select -1, 2, format('workflow `%s` has %s steps, and at most 32767 are possible', v_name, jsonb_array_length(v_steps))
                  where jsonb_array_length(v_steps) > 32767
        union all select s.number, -2, case when s.name = '' then format('workflow `%s` has a step without a name', v_name)
                                            when s.name = any(v_reserved) then format('a step cannot be named `%s`', s.name)
                                            when s.name !~ v_word then format('`%s` cannot be the name of a step', s.name)
                                            else format('the name of step `%s` is too long', s.name) end
                  from step s where s.name !~ v_word or octet_length(s.name) > 128 or s.name = any(v_reserved)
        union all select s.number, -1, format('workflow `%s` has two steps named `%s`', v_name, s.name)
                  from step s join first f on f.name = s.name and f.number < s.number
        union all select e.number, e.at, case when e.again then format('step `%s` names its dependency `%s` twice', e.name, e.to_name)
                                              when e.to_name = e.name then format('step `%s` depends on itself', e.name)
                                              else format('workflow `%s` has no step `%s`', v_name, e.to_name) end
                  from edge e where e.again or e.to_name = e.name or e.to_number is null
        union all select s.number, 100000 + w.at,
                         case when w.at > (select min(o.at) from jsonb_array_elements_text(s.step #> '{skip,with}') with ordinality o(name, at)
                                           where o.name = w.name) then format('step `%s` names `%s` twice in `skip_with`', s.name, w.name)
                              when not exists (select from edge e where e.number = s.number and e.to_name = w.name)
                              then format('step `%s` is skipped with `%s`, but does not depend on it', s.name, w.name)
                              when not f.may_miss then format('step `%s` is skipped with `%s`, which is never skipped', s.name, w.name) end
                  from step s cross join lateral jsonb_array_elements_text(s.step #> '{skip,with}') with ordinality w(name, at)
                  left join first f on f.name = w.name
        union all select s.number, 200000, format('step `%s` maps over `%s`, which may be skipped', s.name, f.name)
                  from step s join first f on f.name = s.map ->> 'step'
                  where f.may_miss and not coalesce(s.step #> '{skip,with}' ? f.name, false)
        union all select s.number, 200001, format('step `%s` maps over `%s`, whose items may be skipped', s.name, f.name)
                  from step s join first f on f.name = s.map ->> 'step' where f.gaps
        union all select s.number, 300000, format('`%s` cannot be the name of a handler', s.step ->> 'handler')
                  from step s where (s.step ->> 'handler' !~ v_handler or octet_length(s.step ->> 'handler') > 128) and s.step ->> 'handler' <> s.name
        union all select s.number, 300001, format('step `%s` maps over a list, and over %s items besides', s.name, s.map ->> 'count')
                  from step s where s.map ? 'count' and s.map ?| '{step,path}'
        union all select s.number, 300002, 'a map step has at most 2147483647 items' from step s where (s.map ->> 'count')::numeric > 2147483647
        union all select s.number, 300003, format('the condition of step `%s` asks for `%s`, on which it does not depend', s.name, k.name)
                  from step s cross join lateral jsonb_object_keys(s.step -> 'when') k(name)
                  where k.name <> 'input' and not exists (select from edge e where e.number = s.number and e.to_name = k.name)
        union all select s.number, 400000, '`max_attempts` is a number from 1 to 32767, as in `max_attempts = 5`'
                  from step s where (s.options ->> 'max_attempts')::numeric not between 1 and 32767
        union all select s.number, 400001, 'a back-off is at most `1h`' from step s where (s.options ->> 'backoff_ms')::numeric > 3600000
        union all select s.number, 400002, case when (s.options ->> 'max_backoff_ms')::numeric > 86400000 then 'the longest wait between attempts is at most `1d`'
                                                else 'the longest wait between attempts is shorter than the first one' end
                  from step s where (s.options ->> 'max_backoff_ms')::numeric > 86400000
                                 or (s.options ->> 'max_backoff_ms')::numeric < (s.options ->> 'backoff_ms')::numeric
        union all select s.number, 400003, case when (s.options ->> 'timeout_ms')::numeric = 0 then 'a time-out is longer than nothing; leave the argument out for no limit'
                                                else 'a time-out is at most `30d`; leave the argument out for no limit' end
                  from step s where (s.options ->> 'timeout_ms')::numeric = 0 or (s.options ->> 'timeout_ms')::numeric > 2592000000
        union all select s.number, 400004, 'a delay is at most `365d`' from step s where (s.options ->> 'delay_ms')::numeric > 31536000000
        union all select s.number, 400005, 'a queue has a name; leave the argument out for the queue of the run' from step s where s.options ->> 'queue' = ''
        union all select s.number, 400006, 'a time is a number of milliseconds, from 0'
                  from step s where least((s.options ->> 'backoff_ms')::numeric, (s.options ->> 'max_backoff_ms')::numeric,
                                          (s.options ->> 'timeout_ms')::numeric, (s.options ->> 'delay_ms')::numeric, (s.map ->> 'count')::numeric) < 0
    )
    select coalesce(array_agg(s.problem order by s.number, s.at) filter (where s.problem is not null), '{}') into v_problems from said s;
    if cardinality(v_problems) = 0 then
        v_problem := pgflow.cycle_problem(v_name, v_steps);
    end if;
    return v_problems || array(select v_problem where v_problem is not null);
end $$;

-- The first cycle of a workflow in which all else is right; null where it has none.
create function pgflow.cycle_problem(p_name text, p_steps jsonb) returns text
language plpgsql immutable
set search_path = pgflow, pg_temp
set jit = off
as $$
declare
    v_names text[];
    -- The dependencies of all steps, one after another, and where those of each step end.
    v_to int[];
    v_end int[];
    v_next int[];
    -- 0 where a step was not come by, 1 while it is on the path, 2 when all that it needs was seen.
    v_mark int[];
    v_path int[] := '{}';
    v_depth int;
    v_step int;
begin
    with step as materialized (
        select s.at, f.step, f.step ->> 'name' as name from jsonb_array_elements(p_steps) with ordinality s(step, at)
        cross join lateral (select pgflow.full_step(s.step)) f(step)
    ), edge as materialized (
        select s.at, e.at as place, t.at::int as to_at
        from step s cross join lateral jsonb_array_elements(s.step -> 'depends_on') with ordinality e(edge, at) join step t on t.name = e.edge ->> 'step'
    )
    select array_agg(s.name order by s.at), (select coalesce(array_agg(e.to_at order by e.at, e.place), '{}') from edge e),
           array_agg(coalesce(c.edges, 0) order by s.at)
    into v_names, v_to, v_end
    from step s left join (select e.at, count(*)::int as edges from edge e group by e.at) c on c.at = s.at;
    v_mark := array_fill(0, array[cardinality(v_names)]);
    for v_at in 2 .. cardinality(v_end) loop
        v_end[v_at] := v_end[v_at] + v_end[v_at - 1];
    end loop;
    -- The next one to look at of each step, from where those of the step before it end.
    v_next := array_prepend(0, v_end);
    for v_start in 1 .. cardinality(v_names) loop
        continue when v_mark[v_start] <> 0;
        v_mark[v_start] := 1;
        v_path[1] := v_start;
        v_depth := 1;
        while v_depth > 0 loop
            v_step := v_path[v_depth];
            if v_next[v_step] = v_end[v_step] then
                v_mark[v_step] := 2;
                v_depth := v_depth - 1;
                continue;
            end if;
            v_next[v_step] := v_next[v_step] + 1;
            v_step := v_to[v_next[v_step]];
            if v_mark[v_step] = 1 then
                v_path := v_path[array_position(v_path, v_step):v_depth] || v_step;
                return format('workflow `%s` has a dependency cycle (`%s` needs `%s`; remove one of them)', p_name, v_names[v_step],
                              (select string_agg(v_names[p.step], '`, which needs `' order by p.at)
                               from unnest(v_path) with ordinality p(step, at) where p.at > 1));
            elsif v_mark[v_step] = 0 then
                v_mark[v_step] := 1;
                v_depth := v_depth + 1;
                v_path[v_depth] := v_step;
            end if;
        end loop;
    end loop;
    return null;
end $$;

-- Stores a definition that was checked: `create` where there is no such workflow (or just this one), `update` where there is one, `put` in
-- either case. Gives the id of the version, which is the current one then.
--
-- Locks: that of changes, workflow (for update), then version, step.
create function pgflow.store_workflow(p_document jsonb, p_mode text) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
set jit = off
as $$
declare
    v_problems text[] := pgflow.definition_problems(p_document);
    v_definition jsonb;
    v_hash text;
    v_now timestamptz := pgflow.now();
    v_change bigint;
    v_workflow record;
    v_version int;
begin
    perform pgflow.require_read_committed();
    if cardinality(v_problems) > 0 then
        raise exception 'workflow `%` is refused%', coalesce(p_document ->> 'name', '?'),
            case cardinality(v_problems) when 1 then ': ' || v_problems[1]
            else format(E', for %s reasons:\n- %s', cardinality(v_problems), array_to_string(v_problems, E'\n- ')) end using errcode = 'PF422',
            hint = 'The form of a workflow is told by docs/workflow.schema.json.';
    end if;
    v_definition := pgflow.full_definition(p_document);
    v_hash := pgflow.definition_hash(v_definition);
    v_change := pgflow.next_change();
    if p_mode <> 'update' then
        insert into workflow (name, created_at, dynamic) values (v_definition ->> 'name', v_now, true) on conflict (name) do nothing;
    end if;
    select w.id, w.dynamic, w.current_version, v.hash, exists (select from version x where x.workflow_id = w.id) as known into v_workflow
    from workflow w left join version v on v.id = w.current_version
    where w.name = v_definition ->> 'name' for update of w;
    if not found then
        raise exception 'there is no workflow `%`', v_definition ->> 'name' using errcode = 'PF404', hint = 'Create it: select pgflow.create_workflow(..).';
    elsif not v_workflow.dynamic then
        raise exception 'workflow `%` is declared by a program', v_definition ->> 'name' using errcode = 'PF409', hint = 'Give this one another name.';
    elsif v_workflow.known and v_workflow.current_version is null then
        raise exception 'workflow `%` is being deleted', v_definition ->> 'name' using errcode = 'PF409',
            hint = 'Repeat `pgflow.delete_workflow` until it says that it is.';
    elsif p_mode = 'create' and v_workflow.known and v_workflow.hash <> v_hash then
        raise exception 'there is a workflow `%` already', v_definition ->> 'name' using errcode = 'PF409',
            hint = 'Update it, `pgflow.update_workflow(..)`, or give this one another name.';
    end if;

    select v.id into v_version from version v where v.workflow_id = v_workflow.id and v.hash = v_hash;
    if v_version is null then
        insert into version (workflow_id, hash, definition, created_at, changed) values (v_workflow.id, v_hash, v_definition, v_now, v_change)
        returning id into v_version;
        insert into step (version_id, number, name, contract, is_map, is_leaf, on_failure, takes_input, depends_on, takes, options, handler)
        with known as materialized (
            select s.at - 1 as number, s.step from jsonb_array_elements(v_definition -> 'steps') with ordinality s(step, at)
        ), edge as materialized (
            select k.number, e.at, t.number as to_number, e.edge @> '{"value": true}' as value
            from known k cross join lateral jsonb_array_elements(k.step -> 'depends_on') with ordinality e(edge, at)
            join known t on t.step -> 'name' = e.edge -> 'step'
        )
        select v_version, k.number, k.step ->> 'name', encode(sha256(convert_to(pgflow.step_identity(k.step), 'UTF8')), 'hex'), k.step ? 'map',
               u.number is null, false, (k.step ->> 'takes_input')::boolean or k.step ? 'map' and not k.step -> 'map' ?| '{step,count}',
               coalesce(d.depends_on, '{}'), coalesce(d.takes, '{}'), k.step -> 'options', k.step ->> 'handler'
        from known k
        left join (
            select e.number, array_agg(e.to_number order by e.at) as depends_on, array_agg(e.to_number order by e.at) filter (where e.value) as takes
            from edge e group by e.number
        ) d on d.number = k.number
        left join (select distinct e.to_number as number from edge e) u on u.number = k.number;
    else
        update version v set definition = v_definition, changed = v_change
        where v.id = v_version and (v.definition <> v_definition or v_workflow.current_version <> v_version);
        update step s set options = d.step -> 'options' from jsonb_array_elements(v_definition -> 'steps') d(step)
        where s.version_id = v_version and s.name = d.step ->> 'name' and s.options <> d.step -> 'options';
    end if;
    update workflow w set current_version = v_version where w.id = v_workflow.id and w.current_version is distinct from v_version;
    return v_version;
end $$;

-- Creates a workflow from its document, and gives the id of its version. The same document again changes nothing.
--
--     select pgflow.create_workflow('{"name": "greet", "steps": [{"name": "ask"}, {"name": "answer", "depends_on": ["ask"]}]}');
create function pgflow.create_workflow(p_definition jsonb) returns int
language sql volatile
set search_path = pgflow, pg_temp
as $$ select pgflow.store_workflow(p_definition, 'create') $$;

-- Makes another version of a workflow the current one. Runs under way keep theirs; with other options alone it is the same version, and
-- they hold for runs under way too.
create function pgflow.update_workflow(p_definition jsonb) returns int
language sql volatile
set search_path = pgflow, pg_temp
as $$ select pgflow.store_workflow(p_definition, 'update') $$;

-- Deletes a workflow that was made at run time, with all its versions. Of one that is not there, nothing is said. While it has runs it is
-- refused, unless p_cascade: then it cannot be started any more, what has not ended is cancelled, and what has ended is removed, p_limit
-- runs a call. Call it until `deleted`: runs that workers have end a moment later (`ending` are left), and many runs take several calls
-- (`more`).
--
-- Its schedules count as its runs do: while it has any it is refused, unless p_cascade.
--
-- Locks: that of changes, workflow (for update: waits for starts under way), schedule, then as cancel_runs and remove_runs.
create function pgflow.delete_workflow(
    p_name text, p_cascade boolean default false, p_limit int default 1000, p_actor text default null,
    out deleted boolean, out removed bigint, out ending bigint, out more boolean
)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    v_bucket int := pgflow.bucket_of(null);
    v_workflow record;
    v_versions int[];
    v_live uuid[];
    v_ended uuid[];
    v_count bigint;
begin
    deleted := false; removed := 0; ending := 0; more := false;
    perform pgflow.require_read_committed();
    perform pgflow.next_change();
    select w.id, w.dynamic into v_workflow from workflow w where w.name = p_name for update;
    if not found then
        deleted := true;
        return;
    elsif not v_workflow.dynamic then
        raise exception 'workflow `%` is declared by a program, and is not deleted', p_name using errcode = 'PF409',
            hint = 'Its versions are kept, so that its runs can be read; how long these are kept is told by `pgflow.set_retention`.';
    end if;
    v_versions := array(select v.id from version v where v.workflow_id = v_workflow.id);
    if p_cascade then
        -- Waits for one that is about to start a run, which is seen below.
        delete from schedule where workflow_id = v_workflow.id;
    end if;
    v_live := array(select l.run_id from live l where l.version_id = any(v_versions));
    v_count := (select count(*) from unnest(v_versions) v(id) join run r on r.bucket = v_bucket and r.version_id = v.id);
    if not p_cascade and exists (select from schedule s where s.workflow_id = v_workflow.id) then
        raise exception 'workflow `%` has % schedules', p_name, (select count(*) from schedule s where s.workflow_id = v_workflow.id)
            using errcode = 'PF409', hint = 'Delete them first (`pgflow.delete_schedule`), or together with it: `p_cascade => true`.';
    end if;
    if v_count > 0 and not p_cascade then
        raise exception 'workflow `%` has % runs that have not ended, and % that have', p_name, cardinality(v_live), v_count - cardinality(v_live)
            using errcode = 'PF409', hint = 'Delete it together with them: `p_cascade => true`.';
    end if;
    if v_count > 0 then
        update workflow set current_version = null where id = v_workflow.id and current_version is not null;
        perform from pgflow.cancel_runs(v_bucket, array(
            select l.id from unnest(v_live) l(id)
            where not exists (select from inbox i where i.bucket = v_bucket and i.run_id = l.id and i.kind = 'x')
            limit p_limit), format('workflow `%s` is deleted', p_name), p_actor);
        v_ended := array(
            select r.id from unnest(v_versions) v(id) join run r on r.bucket = v_bucket and r.version_id = v.id
            join run_end e on e.bucket = r.bucket and e.period = r.period and e.run_id = r.id
            limit p_limit);
        removed := pgflow.remove_runs(v_bucket, v_ended, null);
        ending := (select count(*) from live l where l.version_id = any(v_versions));
        more := exists (select from unnest(v_versions) v(id) join run r on r.bucket = v_bucket and r.version_id = v.id);
        if more then
            return;
        end if;
    end if;
    delete from key where bucket = v_bucket and workflow_id = v_workflow.id;
    delete from latest where bucket = v_bucket and workflow_id = v_workflow.id;
    delete from retention where workflow_id = v_workflow.id;
    delete from step where version_id = any(v_versions);
    delete from version where id = any(v_versions);
    delete from workflow where id = v_workflow.id;
    deleted := true;
end $$;

-- Workflows, the newest first: those before p_after (null: from the newest), at most p_limit; or the one of this name. How many runs have not
-- ended is counted for one that is asked for by its name.
create function pgflow.list_workflows(p_name text default null, p_after int default null, p_limit int default 100) returns table (
    id int, name text, dynamic boolean, version int, hash text, versions bigint, live_runs bigint, created_at timestamptz, updated_at timestamptz,
    definition jsonb
)
language plpgsql stable
set search_path = pgflow, pg_temp
set jit = off
as $$
begin
    return query
    select w.id, w.name, w.dynamic, v.id, v.hash, (select count(*) from version x where x.workflow_id = w.id),
           case when p_name is not null then (
               select count(*) from live l where l.version_id in (select x.id from version x where x.workflow_id = w.id)) end,
           w.created_at, v.created_at, v.definition
    from workflow w join version v on v.id = w.current_version
    where (p_name is null or w.name = p_name) and (p_after is null or w.id < p_after)
    order by w.id desc
    limit p_limit;
end $$;

-- Versions that were made at run time and have changed since p_known, with the number of their change. From 0, all that are current, among
-- the last twenty of their workflow, or have runs that have not ended.
create function pgflow.dynamic_versions(p_known bigint) returns table (version int, changed bigint, definition jsonb)
language plpgsql stable
set search_path = pgflow, pg_temp
set jit = off
as $$
begin
    if p_known > 0 then
        return query select v.id, v.changed, v.definition from version v where v.changed > p_known order by v.changed;
        return;
    end if;
    return query
    select x.id, x.changed, x.definition
    from (
        select v.id, v.changed, v.definition, v.id = w.current_version as current, row_number() over (partition by w.id order by v.id desc) as place
        from workflow w join version v on v.workflow_id = w.id
        where v.changed is not null
    ) x
    where x.current or x.place <= 20 or x.id in (select l.version_id from live l)
    order by x.changed;
end $$;

-- Notes that a worker runs these versions too.
--
-- Locks: worker (its own row).
create function pgflow.take_versions(p_bucket int, p_worker int, p_versions int[]) returns void
language sql volatile
set search_path = pgflow, pg_temp
as $$
    update worker set versions = array(select unnest(versions) union select unnest(p_versions) order by 1)
    where bucket = p_bucket and id = p_worker and dead_at is null
$$;

-- Handlers of versions that no living worker can run, since none has all of them: of those that are current, or have runs that have not
-- ended. `workers` says how many have this one: 0 where it is missing everywhere.
create view pgflow.missing_handlers as
with live as materialized (
    select l.version_id, count(*) as runs from pgflow.live l group by l.version_id
), needed as materialized (
    select v.id as version_id, w.name as workflow, v.id = w.current_version as current, coalesce(l.runs, 0) as live_runs,
           array_agg(distinct s.handler) as handlers
    from pgflow.workflow w join pgflow.version v on v.workflow_id = w.id
    left join live l on l.version_id = v.id
    join pgflow.step s on s.version_id = v.id
    where w.dynamic and (v.id = w.current_version or l.runs > 0)
    group by v.id, w.name, w.current_version, l.runs
)
select n.workflow, n.version_id, coalesce(n.current, false) as current, n.live_runs, h.handler,
       (select array_agg(s.name order by s.number) from pgflow.step s where s.version_id = n.version_id and s.handler = h.handler) as steps,
       (select count(*) from pgflow.worker k where k.dead_at is null and h.handler = any(k.handlers)) as workers
from needed n cross join lateral unnest(n.handlers) h(handler)
where not exists (select from pgflow.worker k where k.dead_at is null and k.handlers @> n.handlers);

-- The rows of `missing_handlers`, for those who call functions only.
create function pgflow.list_missing_handlers() returns setof pgflow.missing_handlers
language plpgsql stable
set search_path = pgflow, pg_temp
set jit = off
as $$
begin
    return query select * from missing_handlers m order by m.workflow, m.version_id, m.handler;
end $$;
