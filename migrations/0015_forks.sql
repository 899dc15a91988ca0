-- Intent: runs that begin where other ones stood.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- Starts a run that begins where another one stood: what that one has recorded is taken over, but for the step p_from and all that
-- depends on it, which are executed again; all is executed again where p_from is null. Gives the id of the new run, of the same version.
--
--   p_input    another input for it, checked by the schema; null to keep it.
--   p_outputs  other outputs of steps that are taken over, an object by their names, each checked by its schema; null to keep them. For
--              a map step, an array of all items' outputs: as many as the run has recorded that it has items, or else as its list has,
--              where that is known: the run's input, or a plain step's output.
--
-- Locks: workflow (for key share, where it was made at run time); run (of the one that is forked, where p_from is given); the rest is inserted only.
create function pgflow.fork_run(
    p_run uuid, p_from text default null, p_input jsonb default null, p_outputs jsonb default null,
    p_reason text default null, p_actor text default null
) returns uuid
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
    v_now timestamptz := pgflow.now();
    v_new uuid := pgflow.new_run_id(pgflow.run_id_prefix(v_bucket, v_now));
    v_new_period int := pgflow.period_of(v_now);
    v_run pgflow.run;
    v_definition jsonb;
    v_problem text;
    v_again smallint[];
    v_edit record;
    v_items int;
begin
    perform pgflow.require_read_committed();
    if jsonb_typeof(p_outputs) <> 'object' then
        raise exception 'other outputs are an object by the names of their steps, and not of type %', jsonb_typeof(p_outputs)
            using errcode = 'PF422';
    end if;
    perform pgflow.hold_workflow((select r.version_id from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run));
    if p_from is not null then
        -- Before anything of it is read: its version and its outputs belong together.
        perform pgflow.lock_runs(v_bucket, array[p_run]);
    end if;
    select * into v_run from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run;
    if not found then
        raise exception 'there is no run %', p_run using errcode = 'PF404';
    end if;
    v_definition := (select v.definition from version v where v.id = v_run.version_id);
    if p_input is not null then
        v_problem := pgflow.schema_problem(v_definition -> 'input', v_definition -> 'input', p_input, 'input');
        if v_problem is not null then
            raise exception 'the input does not fit workflow `%`: %', v_definition ->> 'name', v_problem using errcode = 'PF422',
                hint = format('Its schema: select definition -> ''input'' from pgflow.version where id = %s;', v_run.version_id);
        end if;
    end if;

    -- Each step once, whatever the number of paths that lead to it.
    if p_from is null then
        v_again := array(select s.number from step s where s.version_id = v_run.version_id);
    else
        v_again := array(
            with recursive again(number) as (
                select f.number from pgflow.step_of_run(p_run, p_from) f
                union
                select s.number from again a join step s on s.version_id = v_run.version_id and a.number = any(s.depends_on)
            )
            select a.number from again a);
    end if;
    -- Should the new run fail, that is its own affair.
    v_again := v_again || array(select s.number from step s where s.version_id = v_run.version_id and s.on_failure);

    insert into run (bucket, period, id, version_id, checked, priority, created_at, queue, namespace, input)
    values (v_bucket, v_new_period, v_new, v_run.version_id, v_run.checked and p_input is null, v_run.priority, v_now, v_run.queue,
            v_run.namespace, coalesce(p_input, v_run.input));
    insert into map (bucket, period, run_id, step, items)
    select v_bucket, v_new_period, v_new, m.step, m.items
    from map m where m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and not m.step = any(v_again);
    -- Of a map step whose size is known, the delay is over: also of one without items, of which nothing else is recorded.
    insert into attempt (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error)
    select v_bucket, v_new_period, v_new, a.index, a.step, a.number, a.worker_id, a.duration_ms, v_now, a.retry_at, a.error
    from attempt a
    where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run and a.number = 0 and not a.step = any(v_again)
      and exists (select from map m where m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and m.step = a.step);
    insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output, error)
    select v_bucket, v_new_period, v_new, o.index, o.step, o.attempts, o.worker_id, o.duration_ms, v_now, o.kind, o.output, o.error
    from outcome o
    where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and not o.step = any(v_again) and o.kind <> 'f';

    for v_edit in
        select e.name, e.output, s.number, s.is_map, d.step -> 'output' as schema, d.step -> 'map' as map
        from jsonb_each(coalesce(p_outputs, '{}')) e(name, output)
        left join step s on s.version_id = v_run.version_id and s.name = e.name
        left join lateral (
            select x.step from jsonb_array_elements(v_definition -> 'steps') x(step) where x.step ->> 'name' = e.name
        ) d on true
    loop
        if v_edit.number is null or v_edit.number = any(v_again) then
            raise exception 'the output of `%` cannot be given: %', v_edit.name, case when v_edit.number is null
                then format('workflow `%s` has no such step', v_definition ->> 'name')
                else 'the step is executed again, since it, or a step that it depends on, is the one from which the run is forked' end
                using errcode = 'PF422';
        end if;
        if v_edit.is_map and jsonb_typeof(v_edit.output) = 'array' then
            v_items := coalesce(
                (select m.items from map m where m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and m.step = v_edit.number),
                pgflow.items_of_list(v_bucket, v_period, p_run, v_run.version_id, v_edit.map, coalesce(p_input, v_run.input), p_outputs));
            if v_items <> jsonb_array_length(v_edit.output) then
                raise exception 'map step `%` has % items in run %, and % outputs are given', v_edit.name, v_items, p_run,
                    jsonb_array_length(v_edit.output) using errcode = 'PF422';
            end if;
        end if;
        perform pgflow.replace_output(v_bucket, v_new_period, v_new, v_edit.number, v_edit.name, v_edit.is_map, v_edit.schema, v_edit.output);
    end loop;

    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    values (v_bucket, v_new, v_new_period, v_run.version_id, v_run.priority, v_now, true, false, v_run.queue, v_run.namespace);
    perform pgflow.note_action(v_bucket, array[v_new], v_now, 'fork', p_reason, p_actor, jsonb_strip_nulls(jsonb_build_object(
        'of', p_run, 'from', p_from, 'edited', case when p_input is not null or p_outputs is not null then
            array(select 'input' where p_input is not null union all select jsonb_object_keys(p_outputs)) end)));
    return v_new;
end $$;

-- How many items a map step has in a run, by the list that it maps over: that in the input, or in the output of a plain step, the one
-- that is given (p_outputs) or else the one that is recorded. Null where it is not known.
create function pgflow.items_of_list(
    p_bucket int, p_period int, p_run uuid, p_version int, p_map jsonb, p_input jsonb, p_outputs jsonb
) returns int
language plpgsql stable
as $$
declare
    v_source text := p_map ->> 'step';
    v_value jsonb := case when v_source is null then p_input else p_outputs -> v_source end;
begin
    if v_source is not null then
        -- A map step's output is recorded by its items: how many it has is known once they are.
        if exists (select from step s where s.version_id = p_version and s.name = v_source and s.is_map) then
            return null;
        end if;
        v_value := coalesce(v_value, (
            select o.output from step s
            join outcome o on o.bucket = p_bucket and o.period = p_period and o.run_id = p_run and o.step = s.number and o.index = -1
                          and o.kind = 'c'
            where s.version_id = p_version and s.name = v_source));
    end if;
    v_value := v_value #> coalesce(array(select jsonb_array_elements_text(p_map -> 'path')), '{}');
    return case when jsonb_typeof(v_value) = 'array' then jsonb_array_length(v_value) end;
end $$;

-- Writes an output of a step that nobody works on, in place of what is recorded of it.
create function pgflow.replace_output(
    p_bucket int, p_period int, p_run uuid, p_step smallint, p_name text, p_is_map boolean, p_schema jsonb, p_output jsonb
) returns void
language plpgsql volatile
as $$
declare
    v_problem text;
begin
    if p_is_map and jsonb_typeof(p_output) <> 'array' then
        raise exception 'the output of map step `%` is an array of its items'' outputs, and not of type %', p_name, jsonb_typeof(p_output)
            using errcode = 'PF422';
    end if;
    if p_is_map then
        select pgflow.schema_problem(p_schema, p_schema, o.output, format('%s[%s]', p_name, o.at - 1)) into v_problem
        from jsonb_array_elements(p_output) with ordinality o(output, at)
        where pgflow.schema_problem(p_schema, p_schema, o.output, format('%s[%s]', p_name, o.at - 1)) is not null
        order by o.at limit 1;
    else
        v_problem := pgflow.schema_problem(p_schema, p_schema, p_output, p_name);
    end if;
    if v_problem is not null then
        raise exception 'the output does not fit step `%`: %', p_name, v_problem using errcode = 'PF422';
    end if;
    delete from outcome where bucket = p_bucket and period = p_period and run_id = p_run and step = p_step;
    delete from map where bucket = p_bucket and period = p_period and run_id = p_run and step = p_step;
    insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
    select p_bucket, p_period, p_run, o.index, p_step, 1, 0, 0, pgflow.now(), 'c', o.output
    from (
        select -1 as index, p_output as output where not p_is_map
        union all
        select x.at::int - 1, x.value from jsonb_array_elements(case when p_is_map then p_output else '[]' end) with ordinality x(value, at)
    ) o;
    if p_is_map then
        insert into map (bucket, period, run_id, step, items) values (p_bucket, p_period, p_run, p_step, jsonb_array_length(p_output));
    end if;
end $$;
