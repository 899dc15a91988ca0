-- Intent: runs that are started by the clock: schedules that workflows declare, and others that are made at run time.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- The database knows nothing of cron expressions: a worker reads which schedules are to be looked at, computes which times have come
-- and which is the next, makes the inputs, and calls `fire_schedule`, which does nothing where the schedule has changed meanwhile. So each
-- time has its run once, whoever else looks, and whoever dies.

create table pgflow.schedule (
    bucket      int not null,
    name        text not null check (octet_length(name) between 1 and 128),
    workflow_id int not null references pgflow.workflow,
    -- Whether it is the workflow's own, which has the workflow's name.
    declared    boolean not null,
    paused      boolean not null default false,
    priority    int not null check (priority > -2147483648),
    -- Another one with every change: by it, what a worker has computed is known to be of the schedule as it stands.
    seq         bigint generated always as identity,
    -- While its next time is not known: times after this one count.
    since       timestamptz not null,
    -- The next time; null where a worker has not computed it yet, where there is none, and while it is paused.
    next_at     timestamptz,
    -- When a worker is to look at it.
    look_at     timestamptz not null,
    -- The time that it had a run for last, and that run.
    last_at     timestamptz,
    last_run    uuid,
    created_at  timestamptz not null,
    cron        text not null,
    timezone    text not null,
    catch_up    text not null check (catch_up in ('skip', 'one', 'all')),
    queue       text not null,
    namespace   text not null,
    -- Why it starts nothing.
    problem     text,
    -- When somebody has wanted a run of it that has not been started yet.
    triggered   timestamptz[] not null default '{}',
    -- Null: the program makes the input.
    input       jsonb,
    primary key (bucket, name)
);
create index schedule_look on pgflow.schedule (bucket, look_at);

-- What was done to schedules: append only.
create table pgflow.schedule_event (
    bucket int not null,
    id     bigint generated always as identity,
    at     timestamptz not null,
    name   text not null,
    kind   text not null check (kind in ('create', 'change', 'pause', 'resume', 'trigger', 'skip', 'delete')),
    actor  text not null,
    reason text,
    detail jsonb not null,
    primary key (bucket, id)
);
create index schedule_event_of_schedule on pgflow.schedule_event (bucket, name, id);

create view pgflow.schedules as
select s.name, w.name as workflow, s.cron, s.timezone, s.catch_up, s.declared, s.paused, s.next_at, s.last_at, s.last_run, s.problem,
       s.input, s.queue, s.priority, s.namespace, s.created_at
from pgflow.schedule s join pgflow.workflow w on w.id = s.workflow_id;

create view pgflow.schedule_events as
select e.id, e.name as schedule, e.at, e.kind, e.actor, e.reason, e.detail from pgflow.schedule_event e;

create function pgflow.note_schedule(p_bucket int, p_name text, p_kind text, p_reason text, p_actor text, p_detail jsonb) returns void
language plpgsql volatile
as $$
begin
    insert into schedule_event (bucket, at, name, kind, actor, reason, detail)
    values (p_bucket, pgflow.now(), p_name, p_kind, coalesce(p_actor, session_user), p_reason, p_detail);
end $$;

-- Locks a schedule, and gives it.
--
-- Locks: schedule (for update).
create function pgflow.lock_schedule(p_name text) returns pgflow.schedule
language plpgsql volatile
as $$
declare
    v_schedule pgflow.schedule;
begin
    perform from schedule s where s.bucket = pgflow.bucket_of(p_name) and s.name = p_name for update;
    select * into v_schedule from schedule s where s.bucket = pgflow.bucket_of(p_name) and s.name = p_name;
    if not found then
        raise exception 'there is no schedule `%`', p_name using errcode = 'PF404', hint = coalesce(
            (select 'Schedules: ' || string_agg(format('`%s`', n.name), ', ' order by n.name) || '.'
             from (select s.name from schedule s order by s.name limit 20) n),
            'None has been made yet.');
    end if;
    return v_schedule;
end $$;

-- Sets when and how a schedule starts runs. Where it has other times than before, the next one is computed anew, from now on.
--
-- Locks: schedule.
create function pgflow.change_schedule(
    p_bucket int, p_name text, p_workflow int, p_declared boolean, p_cron text, p_timezone text, p_catch_up text, p_input jsonb,
    p_queue text, p_priority int, p_namespace text
) returns void
language plpgsql volatile
as $$
declare
    v_now timestamptz := pgflow.now();
begin
    update schedule s set
        workflow_id = p_workflow, declared = p_declared, cron = p_cron, timezone = p_timezone, catch_up = p_catch_up, input = p_input,
        queue = p_queue, priority = p_priority, namespace = p_namespace, problem = null, seq = default,
        since = case when (s.cron, s.timezone) is distinct from (p_cron, p_timezone) then v_now else s.since end,
        next_at = case when (s.cron, s.timezone) is distinct from (p_cron, p_timezone) then null else s.next_at end,
        look_at = case when s.paused and s.triggered = '{}' then 'infinity' else v_now end
    where s.bucket = p_bucket and s.name = p_name;
end $$;

-- Has the schedule that a workflow declares be as the definition says: made, changed or deleted. Whether it is paused stays.
--
-- Locks: schedule (for update). The workflow is locked by who calls it.
create function pgflow.declare_schedule(p_workflow int, p_definition jsonb) returns void
language plpgsql volatile
as $$
declare
    v_name text := p_definition ->> 'name';
    v_bucket int := pgflow.bucket_of(v_name);
    v_now timestamptz := pgflow.now();
    v_wanted jsonb := nullif(p_definition -> 'schedule', 'null');
    v_input jsonb := case when coalesce((v_wanted ->> 'computed_input')::boolean, false) then null else 'null'::jsonb end;
    v_detail jsonb := v_wanted - 'computed_input';
    v_old pgflow.schedule;
begin
    if v_wanted is null and not exists (select from schedule s where s.bucket = v_bucket and s.name = v_name) then
        return;
    end if;
    perform from schedule s where s.bucket = v_bucket and s.name = v_name for update;
    select * into v_old from schedule s where s.bucket = v_bucket and s.name = v_name;
    if v_wanted is null then
        if v_old.declared then
            delete from schedule s where s.bucket = v_bucket and s.name = v_name;
            perform pgflow.note_schedule(v_bucket, v_name, 'delete', 'the workflow declares it no more', null, '{}');
        end if;
    elsif v_old.name is null then
        insert into schedule (bucket, name, workflow_id, declared, priority, since, look_at, created_at, cron, timezone, catch_up, queue, namespace,
                              input)
        values (v_bucket, v_name, p_workflow, true, 0, v_now, v_now, v_now, v_wanted ->> 'cron', v_wanted ->> 'timezone',
                v_wanted ->> 'catch_up', 'default', '', v_input);
        perform pgflow.note_schedule(v_bucket, v_name, 'create', 'the workflow declares it', null, v_detail);
    elsif (v_old.declared, v_old.cron, v_old.timezone, v_old.catch_up, v_old.input)
          is distinct from (true, v_wanted ->> 'cron', v_wanted ->> 'timezone', v_wanted ->> 'catch_up', v_input) then
        perform pgflow.change_schedule(v_bucket, v_name, p_workflow, true, v_wanted ->> 'cron', v_wanted ->> 'timezone', v_wanted ->> 'catch_up',
                                       v_input, 'default', 0, '');
        perform pgflow.note_schedule(v_bucket, v_name, 'change', 'the workflow declares it otherwise', null, v_detail);
    end if;
end $$;

-- Makes a schedule that starts runs of a workflow, and gives what became of it: `created`, or `unchanged` where there is the same one
-- already. One that differs is refused; with p_replace it is `changed`. Its first time is the first after now that a worker computes.
-- Without an input (null) the program makes it: see `scheduled_input` of the workflow.
--
-- Locks: workflow (key share), schedule (for update).
create function pgflow.create_schedule(
    p_name text, p_workflow text, p_cron text, p_timezone text default 'UTC', p_input jsonb default null, p_catch_up text default 'one',
    p_queue text default 'default', p_priority int default 0, p_namespace text default '', p_replace boolean default false,
    p_reason text default null, p_actor text default null
) returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_bucket int := pgflow.bucket_of(p_name);
    v_now timestamptz := pgflow.now();
    v_workflow int;
    v_problem text;
    v_old pgflow.schedule;
    v_detail jsonb := jsonb_build_object('workflow', p_workflow, 'cron', p_cron, 'timezone', p_timezone, 'catch_up', p_catch_up);
begin
    perform pgflow.require_read_committed();
    select w.id into v_workflow from workflow w where w.name = p_workflow for key share;
    if not found then
        raise exception 'there is no workflow `%`', p_workflow using errcode = 'PF404', hint = coalesce(
            (select 'Registered workflows: ' || string_agg(format('`%s`', name), ', ' order by name) || '.' from workflow),
            'No workflow is registered yet: a worker registers its workflows when it starts.');
    end if;
    if exists (select from workflow w where w.name = p_name) then
        raise exception 'a schedule cannot be named `%`: that is a workflow', p_name using errcode = 'PF422',
            hint = 'Name it after what it is for. A workflow''s own schedule, which has its name, is declared with the workflow.';
    end if;
    if p_catch_up is null or p_catch_up not in ('skip', 'one', 'all') then
        raise exception 'a schedule cannot catch up with `%`', p_catch_up using errcode = 'PF422', hint = 'It is one of skip, one and all.';
    end if;
    if p_input is not null then
        v_problem := (
            select pgflow.schema_problem(v.definition -> 'input', v.definition -> 'input', p_input, 'input')
            from workflow w join version v on v.id = w.current_version where w.id = v_workflow);
        if v_problem is not null then
            raise exception 'the input does not fit workflow `%`: %', p_workflow, v_problem using errcode = 'PF422';
        end if;
    end if;

    insert into schedule (bucket, name, workflow_id, declared, priority, since, look_at, created_at, cron, timezone, catch_up, queue, namespace, input)
    values (v_bucket, p_name, v_workflow, false, p_priority, v_now, v_now, v_now, p_cron, p_timezone, p_catch_up, p_queue, p_namespace, p_input)
    on conflict do nothing;
    if found then
        perform pgflow.note_schedule(v_bucket, p_name, 'create', p_reason, p_actor, v_detail);
        return 'created';
    end if;
    v_old := pgflow.lock_schedule(p_name);
    if (v_old.workflow_id, v_old.cron, v_old.timezone, v_old.catch_up, v_old.input, v_old.queue, v_old.priority, v_old.namespace)
       is not distinct from (v_workflow, p_cron, p_timezone, p_catch_up, p_input, p_queue, p_priority, p_namespace) then
        return 'unchanged';
    end if;
    if not p_replace then
        raise exception 'there is another schedule `%` already', p_name using errcode = 'PF409',
            hint = 'Replace it, delete it first, or give this one another name.';
    end if;
    perform pgflow.change_schedule(v_bucket, p_name, v_workflow, false, p_cron, p_timezone, p_catch_up, p_input, p_queue, p_priority, p_namespace);
    perform pgflow.note_schedule(v_bucket, p_name, 'change', p_reason, p_actor, v_detail);
    return 'changed';
end $$;

-- Pauses a schedule: it starts no runs until it is resumed. Times that pass meanwhile are not caught up with.
--
-- Locks: schedule (for update).
create function pgflow.pause_schedule(p_name text, p_reason text default null, p_actor text default null) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_old pgflow.schedule := pgflow.lock_schedule(p_name);
begin
    if not v_old.paused then
        update schedule s set paused = true, next_at = null, seq = default,
                              look_at = case when s.triggered = '{}' then 'infinity' else s.look_at end
        where s.bucket = v_old.bucket and s.name = p_name;
        perform pgflow.note_schedule(v_old.bucket, p_name, 'pause', p_reason, p_actor, '{}');
    end if;
end $$;

-- Has a paused schedule go on, with the first time after now.
--
-- Locks: schedule (for update).
create function pgflow.resume_schedule(p_name text, p_reason text default null, p_actor text default null) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_old pgflow.schedule := pgflow.lock_schedule(p_name);
begin
    if v_old.paused then
        update schedule s set paused = false, since = pgflow.now(), look_at = pgflow.now(), seq = default
        where s.bucket = v_old.bucket and s.name = p_name;
        perform pgflow.note_schedule(v_old.bucket, p_name, 'resume', p_reason, p_actor, '{}');
    end if;
end $$;

-- Has a schedule start a run now, also while it is paused. Its next time stays as it is. A worker does it, with its next beat at the latest.
--
-- Locks: schedule (for update).
create function pgflow.trigger_schedule(p_name text, p_reason text default null, p_actor text default null) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_old pgflow.schedule := pgflow.lock_schedule(p_name);
begin
    update schedule s set triggered = s.triggered || pgflow.now(), look_at = pgflow.now(), seq = default
    where s.bucket = v_old.bucket and s.name = p_name;
    perform pgflow.note_schedule(v_old.bucket, p_name, 'trigger', p_reason, p_actor, '{}');
end $$;

-- Deletes a schedule. Its runs stay, and so does what was done to it. One that a workflow declares is refused.
--
-- Locks: schedule (for update).
create function pgflow.delete_schedule(p_name text, p_reason text default null, p_actor text default null) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_old pgflow.schedule := pgflow.lock_schedule(p_name);
begin
    if v_old.declared then
        raise exception 'schedule `%` cannot be deleted: the workflow declares it', p_name using errcode = 'PF409',
            hint = 'Pause it, or take it out of the program.';
    end if;
    delete from schedule s where s.bucket = v_old.bucket and s.name = p_name;
    perform pgflow.note_schedule(v_old.bucket, p_name, 'delete', p_reason, p_actor, '{}');
end $$;

-- The schedules that are to be looked at, the earliest first: those with an input, and of those without, the ones of the workflows
-- p_workflows, whose inputs the caller can make.
create function pgflow.due_schedules(p_bucket int, p_workflows text[], p_limit int) returns table (
    name text, seq bigint, workflow text, cron text, timezone text, catch_up text, paused boolean, stored boolean, since timestamptz,
    next_at timestamptz, now timestamptz, triggered timestamptz[]
)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := pgflow.now();
begin
    return query
    select s.name, s.seq, w.name, s.cron, s.timezone, s.catch_up, s.paused, s.input is not null, s.since, s.next_at, v_now, s.triggered
    from schedule s
    cross join lateral (select x.name from workflow x where x.id = s.workflow_id limit 1) w
    where s.bucket = p_bucket and s.look_at <= v_now and (s.input is not null or w.name = any(p_workflows))
    order by s.look_at
    limit p_limit;
end $$;

-- Starts the runs of a schedule whose times have come, and those that somebody has triggered, and moves it to its next time (null: there
-- is none). Gives the runs, in that order; null where nothing was done, since the schedule has changed, or somebody else has it just now.
-- Each time has one run at most, ever: it is the key of its start.
--
-- The inputs p_inputs, one for each run, were made from the type of version p_version. Where they are null, the schedule's own is used,
-- and the workflow's current version: if it does not fit that, the schedule says so, and is looked at again in a minute.
--
-- Locks: schedule (for update, passes over one that is locked), then as start_runs.
create function pgflow.fire_schedule(
    p_bucket int, p_name text, p_seq bigint, p_times timestamptz[], p_inputs jsonb[], p_version int, p_next timestamptz, p_skipped boolean
) returns uuid[]
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_schedule pgflow.schedule;
    v_version pgflow.version;
    v_problem text;
    v_runs uuid[] := '{}';
    v_count int;
begin
    perform pgflow.require_read_committed();
    perform from schedule s where s.bucket = p_bucket and s.name = p_name for update skip locked;
    if not found then
        return null;
    end if;
    select * into v_schedule from schedule s where s.bucket = p_bucket and s.name = p_name;
    if v_schedule.seq <> p_seq then
        return null;
    end if;
    v_count := cardinality(p_times) + cardinality(v_schedule.triggered);
    if v_count > 0 then
        select v.* into v_version from workflow w join version v on v.id = coalesce(p_version, w.current_version)
        where w.id = v_schedule.workflow_id and v.workflow_id = w.id;
        if p_inputs is null then
            v_problem := pgflow.schema_problem(v_version.definition -> 'input', v_version.definition -> 'input', v_schedule.input, 'input');
            if v_problem is not null then
                perform pgflow.hold_schedule(p_bucket, p_name, p_seq, format('its input does not fit the workflow: %s', v_problem));
                return null;
            end if;
        end if;
        v_runs := pgflow.start_runs(
            p_bucket, v_version.id, coalesce(p_inputs, array_fill(v_schedule.input, array[v_count])),
            array(select format('schedule:%s:%s', p_name, to_char(t.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                  from unnest(p_times) with ordinality t(at, place) order by t.place)
                || array_fill(null::text, array[cardinality(v_schedule.triggered)]),
            p_inputs is not null, v_schedule.queue, v_schedule.priority, v_schedule.namespace, null,
            (v_version.definition ->> 'deadline_ms')::bigint * interval '1 millisecond', null, format('schedule %s', p_name));
    end if;
    if p_skipped then
        perform pgflow.note_schedule(p_bucket, p_name, 'skip', 'no worker was there', format('schedule %s', p_name), jsonb_build_object(
            'from', v_schedule.next_at, 'until', coalesce(p_times[1], p_next)));
    end if;
    update schedule s set
        next_at = p_next, look_at = coalesce(p_next, 'infinity'), seq = default, problem = null, triggered = '{}',
        last_at = coalesce(p_times[cardinality(p_times)], s.last_at), last_run = coalesce(v_runs[cardinality(v_runs)], s.last_run)
    where s.bucket = p_bucket and s.name = p_name;
    return v_runs;
end $$;

-- Says why a schedule starts nothing, and has it looked at again in a minute. Nothing happens to one that has changed meanwhile.
--
-- Locks: schedule.
create function pgflow.hold_schedule(p_bucket int, p_name text, p_seq bigint, p_problem text) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    update schedule s set problem = p_problem, look_at = pgflow.now() + interval '1 minute'
    where s.bucket = p_bucket and s.name = p_name and s.seq = p_seq;
end $$;
