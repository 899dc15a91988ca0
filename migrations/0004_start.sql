-- Intent: starting runs: from the typed client (many at once, by version), and from SQL (by name, the input checked here).
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- Refuses isolation levels under which a race over an idempotency key could not be seen.
create function pgflow.require_read_committed() returns void
language plpgsql stable
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'pgflow works in READ COMMITTED transactions, and this one is %', upper(current_setting('transaction_isolation'))
            using errcode = '0A000', hint = 'Begin the transaction with `begin isolation level read committed`.';
    end if;
end $$;

-- Raises where, with p_count more, more than p_limit runs of a version would wait in a queue. Starts at the same time do not see each
-- other: then it may be as many more.
create function pgflow.require_room(p_bucket int, p_version int, p_queue text, p_namespace text, p_count int, p_limit int) returns void
language plpgsql volatile
as $$
declare
    v_waiting bigint;
begin
    if p_namespace = '' then
        select count(*) into v_waiting
        from (select from ready c where c.bucket = p_bucket and c.queue = p_queue and c.version_id = p_version and c.due and c.namespace = ''
              limit p_limit) w;
    else
        select count(*) into v_waiting
        from (select from ready c where c.bucket = p_bucket and c.queue = p_queue and c.version_id = p_version and c.due
                                    and c.namespace = p_namespace and c.namespace <> ''
              limit p_limit) w;
    end if;
    if v_waiting + p_count > p_limit then
        raise exception 'no run was started: % wait already, and % may', v_waiting, p_limit using errcode = 'PF429',
            hint = 'Start it later, or with a higher limit; add workers where they cannot keep up.';
    end if;
end $$;

-- Starts one run for each of p_inputs and gives their ids in the same order. Where p_keys has a key that was used before for the
-- workflow, the id is that of the run that was started with it, and no other run is made; the input is then ignored. There are as many
-- keys as inputs, null where one has none; or p_keys is null, where none has any.
-- The caller answers for the inputs: p_checked says whether they were made from the declared type. The runs begin at p_start_at, or
-- at once where that is null or past. They fail unless they have ended p_deadline after that; null for no deadline. Where more than
-- p_max_backlog runs of the version would wait in the queue (and namespace), none is started; null for no limit. With p_actor,
-- who has started them is noted.
--
-- Locks: key, in the order of the keys (waits for a concurrent start with the same key); run and ready are inserted only.
create function pgflow.start_runs(
    p_bucket int, p_version int, p_inputs jsonb[], p_keys text[], p_checked boolean,
    p_queue text, p_priority int, p_namespace text, p_start_at timestamptz, p_deadline interval, p_max_backlog int, p_actor text
) returns uuid[]
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := pgflow.now();
    v_prefix text := pgflow.run_id_prefix(p_bucket, v_now);
    v_period int := pgflow.period_of(v_now);
    -- `greatest` passes over null.
    v_start timestamptz := greatest(p_start_at, v_now);
    v_deadline timestamptz := v_start + p_deadline;
    v_ids uuid[];
    v_new bigint[];
    v_workflow int;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        perform pgflow.require_read_committed();
    end if;
    v_ids := array(select pgflow.new_run_id(v_prefix) from generate_series(1, cardinality(p_inputs)));

    if p_keys is not null then
        if cardinality(p_keys) <> cardinality(v_ids) then
            raise exception 'no run was started: % inputs have % keys', cardinality(v_ids), cardinality(p_keys) using errcode = 'PF422',
                hint = 'Give a key for each input, and null for one that is to have none.';
        end if;
        select workflow_id into v_workflow from version where id = p_version;
        insert into key (bucket, workflow_id, key, run_id)
        select distinct on (k.key) p_bucket, v_workflow, k.key, v_ids[k.at]
        from unnest(p_keys) with ordinality k(key, at)
        where k.key is not null
        order by k.key, k.at
        on conflict do nothing;

        -- A later statement, and so a snapshot in which the winner of a race is seen.
        select coalesce(array_agg(coalesce(x.run_id, v_ids[k.at]) order by k.at), '{}'),
               array_agg(k.at order by k.at) filter (where x.run_id is null or x.run_id = v_ids[k.at])
        into v_ids, v_new
        from unnest(p_keys) with ordinality k(key, at)
        left join lateral (
            select x.run_id from key x where x.bucket = p_bucket and x.workflow_id = v_workflow and x.key = k.key limit 1
        ) x on true;

        if p_max_backlog is not null and v_new is not null then
            perform pgflow.require_room(p_bucket, p_version, p_queue, p_namespace, cardinality(v_new), p_max_backlog);
        end if;
        insert into run (bucket, period, id, version_id, checked, priority, created_at, deadline_at, queue, namespace, input)
        select p_bucket, v_period, r.id, p_version, p_checked, p_priority, v_now, v_deadline, p_queue, p_namespace, r.input
        from unnest(v_ids, p_inputs) with ordinality r(id, input, at) join unnest(v_new) n(at) using (at);
        insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
        select p_bucket, r.id, v_period, p_version, p_priority, v_start, v_start = v_now, true, p_queue, p_namespace
        from unnest(v_ids) with ordinality r(id, at) join unnest(v_new) n(at) using (at)
        order by r.at;
        if p_actor is not null then
            perform pgflow.note_action(p_bucket, array(select v_ids[n] from unnest(v_new) n), v_now, 'start', null, p_actor, '{}');
        end if;
        return v_ids;
    end if;

    if p_max_backlog is not null then
        perform pgflow.require_room(p_bucket, p_version, p_queue, p_namespace, cardinality(v_ids), p_max_backlog);
    end if;
    insert into run (bucket, period, id, version_id, checked, priority, created_at, deadline_at, queue, namespace, input)
    select p_bucket, v_period, r.id, p_version, p_checked, p_priority, v_now, v_deadline, p_queue, p_namespace, r.input
    from unnest(v_ids, p_inputs) r(id, input);
    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    select p_bucket, r.id, v_period, p_version, p_priority, v_start, v_start = v_now, true, p_queue, p_namespace
    from unnest(v_ids) r(id);
    if p_actor is not null then
        perform pgflow.note_action(p_bucket, v_ids, v_now, 'start', null, p_actor, '{}');
    end if;
    return v_ids;
end $$;

-- Starts a run by the workflow's name, for `psql`, triggers and other languages. The input is checked against the schema of the
-- current version. In a transaction of the caller's the run begins when that commits; with p_start_at, not before that time. It fails
-- unless it has ended p_deadline after that (null: the workflow's own deadline, if it has one).
--
-- With a key p_supersede it takes the place of an earlier run of that key that has not begun; see start_latest.
--
-- Locks: workflow (for key share, where it was made at run time: so that it is not deleted meanwhile); then as start_runs, or as
-- start_latest.
create function pgflow.start_run(
    p_workflow text, p_input jsonb default 'null', p_key text default null,
    p_queue text default 'default', p_priority int default 0, p_namespace text default '', p_start_at timestamptz default null,
    p_deadline interval default null, p_supersede text default null, p_quiet interval default null, p_max_backlog int default null,
    p_actor text default null
) returns uuid
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_version int;
    v_schema jsonb;
    v_deadline_ms bigint;
    v_dynamic boolean;
    v_problem text;
    v_ids uuid[];
begin
    select v.id, v.definition -> 'input', (v.definition ->> 'deadline_ms')::bigint, w.dynamic
    into v_version, v_schema, v_deadline_ms, v_dynamic
    from workflow w join version v on v.id = w.current_version
    where w.name = p_workflow;
    if not found then
        raise exception 'there is no workflow `%`', p_workflow using errcode = 'PF404', hint = coalesce(
            (select 'Registered workflows: ' || string_agg(format('`%s`', name), ', ' order by name) || '.' from workflow),
            'No workflow is registered yet: a worker registers its workflows when it starts.');
    end if;
    if v_dynamic then
        perform pgflow.hold_workflow(v_version);
    end if;
    v_problem := pgflow.schema_problem(v_schema, v_schema, coalesce(p_input, 'null'), 'input');
    if v_problem is not null then
        raise exception 'the input does not fit workflow `%`: %', p_workflow, v_problem using errcode = 'PF422',
            hint = format('Its schema: select definition -> ''input'' from pgflow.version where id = %s;', v_version);
    end if;
    if p_supersede is not null then
        return pgflow.start_latest(pgflow.bucket_of(p_supersede), v_version, coalesce(p_input, 'null'), p_supersede, p_quiet, false, p_queue,
                                   p_priority, p_namespace, p_start_at, coalesce(p_deadline, v_deadline_ms * interval '1 millisecond'), p_max_backlog, p_actor);
    end if;
    v_ids := pgflow.start_runs(pgflow.bucket_of(p_key), v_version, array[coalesce(p_input, 'null')],
                               case when p_key is not null then array[p_key] end, false, p_queue, p_priority, p_namespace, p_start_at,
                               coalesce(p_deadline, v_deadline_ms * interval '1 millisecond'), p_max_backlog, p_actor);
    return v_ids[1];
end $$;
