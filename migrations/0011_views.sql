-- Intent: what people look at: runs, steps with their derived states, outputs; and the invariant as a query.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- The state of a run that has not ended is derived: `paused`, where somebody has paused it; `scheduled` until a worker has had it, then
-- `running`.
create function pgflow.status_word(p_end "char", p_paused boolean, p_fresh boolean) returns text
language sql immutable parallel safe
as $$
    select case p_end when 'c' then 'completed' when 'f' then 'failed' when 'x' then 'cancelled'
                else case when p_paused then 'paused' when p_fresh then 'scheduled' else 'running' end end
$$;

create view pgflow.runs as
select r.id as run_id, w.name as workflow, r.version_id, r.namespace, r.queue, r.priority,
       pgflow.status_word(e.status, q.paused, q.fresh) as status,
       r.created_at, r.deadline_at, e.ended_at, r.input, r.crashes, e.error as end_error,
       q.run_id is not null as waits, q.available_at,
       (select n.message from pgflow.note n
        where n.bucket = r.bucket and n.period = r.period and n.run_id = r.id and n.message is not null
        order by n.number desc limit 1) as last_message,
       r.parent_id
from pgflow.run r
join pgflow.version v on v.id = r.version_id
join pgflow.workflow w on w.id = v.workflow_id
left join pgflow.run_end e on e.bucket = r.bucket and e.period = r.period and e.run_id = r.id
left join pgflow.ready q on q.bucket = r.bucket and q.run_id = r.id;

-- How the steps of a run stand, in the order of their declaration. A step is `blocked` until all that it depends on has completed or
-- was skipped, then `ready` or `running` (its worker knows which), `waiting` where its time has not come; a step of an ended run that
-- was not reached is `cancelled`. What is recorded of the run is read once, whatever the number of its steps.
create function pgflow.run_steps(p_run uuid) returns table (
    number smallint, step text, status text, items int, items_done bigint, items_skipped bigint, attempts int, waits_for text[],
    next_attempt_at timestamptz, output jsonb, error text, skip_reason text, progress real, message text, worker_id int, duration_ms real,
    recorded_at timestamptz, signal text, repeats int
)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
    v_now timestamptz := pgflow.now();
    v_version int := (select r.version_id from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run);
    v_ended boolean := exists (select from run_end e where e.bucket = v_bucket and e.period = v_period and e.run_id = p_run);
    -- What an open step is: by who has the run.
    v_open text := coalesce((select case when q.due or q.paused then 'ready' else 'waiting' end from ready q
                             where q.bucket = v_bucket and q.run_id = p_run), 'running');
begin
    return query
    with counted as materialized (
        select o.step, count(*) filter (where o.kind <> 'f') as done, count(*) filter (where o.kind = 's') as skipped,
               max(o.recorded_at) as at, max(o.attempts) as attempts, bool_or(o.index = -1 and o.kind <> 'f') as settled,
               (array_agg(o.error order by o.index) filter (where o.kind = 'f'))[1] as error
        from outcome o
        where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run
        group by o.step
    ), plain as materialized (
        select o.step, o.kind, o.output, o.error, o.worker_id, o.duration_ms
        from outcome o
        where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.index = -1
    ), tried as materialized (
        select distinct on (a.step) a.step, case when a.number > 0 then a.error end as error, a.retry_at,
               max(a.number) over (partition by a.step) as attempts
        from attempt a
        where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run
        order by a.step, a.failed_at desc, a.number desc
    ), repeated as materialized (
        -- Of a map step, of the item with the most.
        select r.step, max(r.count) as count, min(r.due_at) filter (where r.due_at > v_now) as due_at
        from repeat r
        where r.bucket = v_bucket and r.period = v_period and r.run_id = p_run
        group by r.step
    ), said as materialized (
        -- Of a map step, what its items have said last.
        select n.step, (array_agg(n.progress order by n.number desc) filter (where n.progress is not null))[1] as progress,
               (array_agg(n.message order by n.number desc) filter (where n.message is not null))[1] as message
        from note n
        where n.bucket = v_bucket and n.period = v_period and n.run_id = p_run
        group by n.step
    ), known as materialized (
        select s.number, s.name, s.is_map, s.on_failure, s.signal, s.depends_on, m.items, c.done, c.skipped, c.at, c.attempts, c.error,
               coalesce(c.settled or m.items = coalesce(c.done, 0), false) as settled
        from step s
        left join counted c on c.step = s.number
        left join map m on m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and m.step = s.number
        where s.version_id = v_version
    ), blocked as materialized (
        select k.number, array_agg(p.name order by p.number) as names
        from known k cross join lateral unnest(k.depends_on) n(number) join known p on p.number = n.number
        where not v_ended and not k.settled and not p.settled
        group by k.number
    )
    select k.number, k.name,
           case
               when k.error is not null then 'failed'
               when o.kind = 's' then 'skipped'
               when k.settled then 'completed'
               when v_ended then 'cancelled'
               when b.names is not null then 'blocked'
               when t.retry_at > v_now or r.due_at is not null then 'waiting'
               else v_open
           end,
           k.items, case when k.is_map and o.kind is null then coalesce(k.done, 0) end,
           case when k.is_map and o.kind is null then coalesce(k.skipped, 0) end,
           greatest(k.attempts, t.attempts)::int, coalesce(b.names, '{}'),
           -- What waits for a signal without a limit has a time beyond all limits.
           case when not v_ended and not k.settled and t.retry_at > v_now and t.retry_at < v_now + interval '50 years' then t.retry_at
                when not v_ended and not k.settled then r.due_at end,
           o.output, coalesce(k.error, t.error), case when o.kind = 's' then o.error end, n.progress, n.message, o.worker_id,
           o.duration_ms, k.at, case when not v_ended and not k.settled and t.attempts = 0 and t.retry_at > v_now then k.signal end, r.count
    from known k
    left join blocked b on b.number = k.number
    left join tried t on t.step = k.number
    left join said n on n.step = k.number
    left join repeated r on r.step = k.number
    left join plain o on o.step = k.number
    -- What is executed when the run has failed is told of once it has.
    where not k.on_failure or k.at is not null or t.step is not null
    order by k.number;
end $$;

-- Every step of every run. Ask `run_steps` for those of one.
create view pgflow.steps as
select r.id as run_id, s.* from pgflow.run r cross join lateral pgflow.run_steps(r.id) s;

-- The rows of `runs` for these runs, in their order; unknown ones are left out.
create function pgflow.describe_runs(p_runs uuid[]) returns setof pgflow.runs
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select r.id, w.name, r.version_id, r.namespace, r.queue, r.priority, pgflow.status_word(e.status, q.paused, q.fresh), r.created_at,
           r.deadline_at, e.ended_at, r.input, r.crashes, e.error, q.run_id is not null, q.available_at,
           (select n.message from note n
            where n.bucket = r.bucket and n.period = r.period and n.run_id = r.id and n.message is not null
            order by n.number desc limit 1),
           r.parent_id
    from unnest(p_runs) with ordinality c(id, at)
    cross join lateral (
        select * from run x where x.bucket = bucket_of_run(c.id) and x.period = period_of_run(c.id) and x.id = c.id limit 1
    ) r
    join version v on v.id = r.version_id
    join workflow w on w.id = v.workflow_id
    left join lateral (
        select * from run_end x where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id limit 1
    ) e on true
    left join lateral (select * from ready x where x.bucket = r.bucket and x.run_id = r.id limit 1) q on true
    order by c.at;
end $$;

-- A page of runs: the ids of the newest ones before p_after, at most p_limit. Null stands for any. p_status is a status, or `live` for
-- all runs that have not ended. Whatever is asked for, a page reads about as many rows as it has: live runs are looked for among what
-- is under way, those that have failed or were cancelled, those of a namespace, and those of a workflow by an index. What is rare among
-- these takes longer: a namespace's runs of one workflow, for example.
create function pgflow.page_of_runs(p_bucket int, p_workflow text, p_status text, p_namespace text, p_after uuid, p_limit int) returns uuid[]
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_period int := coalesce(period_of_run(p_after), 2147483647);
    v_after uuid := coalesce(p_after, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    v_versions int[];
    v_end "char" := case p_status when 'completed' then 'c' when 'failed' then 'f' when 'cancelled' then 'x' end;
begin
    if v_end is null and p_status not in ('live', 'scheduled', 'running', 'paused') then
        raise exception 'no run is `%`', p_status using errcode = '22023',
            hint = 'A run is scheduled, running, paused, completed, failed or cancelled; `live` stands for the first three.';
    end if;
    if p_workflow is not null then
        v_versions := array(select v.id from workflow w join version v on v.workflow_id = w.id where w.name = p_workflow);
    end if;
    if p_status in ('live', 'scheduled', 'running', 'paused') then
        return array(
            select l.run_id
            from (
                select * from (
                    select q.run_id from ready q
                    where q.bucket = p_bucket and q.run_id < v_after
                      and (p_status = 'live' or pgflow.status_word(null, q.paused, q.fresh) = p_status)
                      and (v_versions is null or q.version_id = any(v_versions))
                      and (p_namespace is null or q.namespace = p_namespace)
                    order by q.run_id desc
                    limit p_limit
                ) queued
                union all
                select u.id from claim c cross join lateral unnest(c.runs) u(id)
                where c.bucket = p_bucket and u.id < v_after and p_status in ('live', 'running')
                  and (v_versions is null and p_namespace is null or exists (
                      select from run r
                      where r.bucket = p_bucket and r.period = period_of_run(u.id) and r.id = u.id
                        and (v_versions is null or r.version_id = any(v_versions)) and (p_namespace is null or r.namespace = p_namespace)))
            ) l
            order by l.run_id desc
            limit p_limit);
    elsif p_status in ('failed', 'cancelled') then
        return array(
            select e.run_id from run_end e
            where e.bucket = p_bucket and e.status = v_end and e.status <> 'c' and (e.period, e.run_id) < (v_period, v_after)
              and (v_versions is null and p_namespace is null or exists (
                  select from run r
                  where r.bucket = p_bucket and r.period = e.period and r.id = e.run_id
                    and (v_versions is null or r.version_id = any(v_versions)) and (p_namespace is null or r.namespace = p_namespace)))
            order by e.period desc, e.run_id desc
            limit p_limit);
    elsif p_namespace <> '' then
        return array(
            select r.id from run r
            where r.bucket = p_bucket and r.namespace = p_namespace and r.namespace <> '' and (r.period, r.id) < (v_period, v_after)
              and (v_versions is null or r.version_id = any(v_versions))
              and (v_end is null or exists (
                  select from run_end e where e.bucket = p_bucket and e.period = r.period and e.run_id = r.id and e.status = v_end))
            order by r.period desc, r.id desc
            limit p_limit);
    elsif v_versions is not null then
        return array(
            select l.id from unnest(v_versions) v(id)
            cross join lateral (
                select r.period, r.id from run r
                where r.bucket = p_bucket and r.version_id = v.id and (r.period, r.id) < (v_period, v_after)
                  and (p_namespace is null or r.namespace = p_namespace)
                  and (v_end is null or exists (
                      select from run_end e where e.bucket = p_bucket and e.period = r.period and e.run_id = r.id and e.status = v_end))
                order by r.period desc, r.id desc
                limit p_limit
            ) l
            order by l.period desc, l.id desc
            limit p_limit);
    end if;
    return array(
        select r.id from run r
        where r.bucket = p_bucket and (r.period, r.id) < (v_period, v_after) and (p_namespace is null or r.namespace = p_namespace)
          and (v_end is null or exists (
              select from run_end e where e.bucket = p_bucket and e.period = r.period and e.run_id = r.id and e.status = v_end))
        order by r.period desc, r.id desc
        limit p_limit);
end $$;

-- What the handlers of a run have said, in order: at most p_limit notes after the one of this number.
create function pgflow.run_notes(p_run uuid, p_after bigint default 0, p_limit int default 1000) returns table (
    number bigint, at timestamptz, step text, index int, attempt int, progress real, message text
)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select n.number, n.at, s.name, nullif(n.index, -1), n.attempt::int, n.progress, n.message
    from note n
    left join run r on r.bucket = n.bucket and r.period = n.period and r.id = n.run_id
    left join step s on s.version_id = r.version_id and s.number = n.step
    where n.bucket = bucket_of_run(p_run) and n.period = period_of_run(p_run) and n.run_id = p_run and n.number > p_after
    order by n.number
    limit p_limit;
end $$;

-- The output of a step of a run: of a map step, the outputs of its items in order, with null for those that were skipped. Null where
-- the step has not completed, or was skipped.
create function pgflow.step_output(p_run uuid, p_step smallint) returns jsonb
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
begin
    if (select s.is_map from run r join step s on s.version_id = r.version_id and s.number = p_step
        where r.bucket = v_bucket and r.period = v_period and r.id = p_run) then
        return (select case when not coalesce(bool_or(o.index = -1), false) then coalesce(jsonb_agg(o.output order by o.index), '[]') end
                from outcome o
                where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.step = p_step);
    end if;
    return (select o.output from outcome o
            where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.step = p_step and o.index = -1);
end $$;

-- What became of each unit of a run, in order: `completed`, `failed` or `skipped`; of the items of a map step, each by its index (of a
-- plain step -1).
create function pgflow.run_outcomes(p_run uuid) returns table (
    step text, index int, status text, attempts int, output jsonb, error text, recorded_at timestamptz
)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select s.name, o.index, case o.kind when 'c' then 'completed' when 'f' then 'failed' else 'skipped' end, o.attempts::int, o.output,
           o.error, o.recorded_at
    from run r
    join outcome o on o.bucket = r.bucket and o.period = r.period and o.run_id = r.id
    join step s on s.version_id = r.version_id and s.number = o.step
    where r.bucket = bucket_of_run(p_run) and r.period = period_of_run(p_run) and r.id = p_run
    order by o.step, o.index;
end $$;

-- How runs stand that have ended: status, output (of the completed: that of the only last step, null where it was skipped; or an
-- object with one entry for each last step that was not skipped), error (of the failed: the step and what it said). Runs that have not ended are left out, unknown ones give
-- `unknown`.
create function pgflow.run_results(p_runs uuid[]) returns table (run_id uuid, status text, output jsonb, failed_step text, error text)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select w.id, case e.status when 'c' then 'completed' when 'f' then 'failed' when 'x' then 'cancelled' else 'unknown' end,
           case when e.status is distinct from 'c' then null
                when l.steps = 1 and not l.is_map then o.output
                when l.steps = 1 then pgflow.step_output(w.id, l.number)
                else (select coalesce(jsonb_object_agg(s.name, x.output) filter (where x.output is not null), '{}') from step s
                      cross join lateral pgflow.step_output(w.id, s.number) x(output)
                      where s.version_id = r.version_id and s.is_leaf) end,
           f.name, coalesce(e.error, f.error)
    from (select u.id, bucket_of_run(u.id) as bucket, period_of_run(u.id) as period from unnest(p_runs) u(id)) w
    left join lateral (
        select * from run x where x.bucket = w.bucket and x.period = w.period and x.id = w.id limit 1
    ) r on true
    left join lateral (
        select * from run_end x where x.bucket = w.bucket and x.period = w.period and x.run_id = w.id limit 1
    ) e on true
    left join lateral (
        select count(*) as steps, min(s.number) as number, bool_or(s.is_map) as is_map from step s
        where s.version_id = r.version_id and s.is_leaf and e.status = 'c'
    ) l on true
    left join lateral (
        select x.output from outcome x
        where l.steps = 1 and x.bucket = w.bucket and x.period = w.period and x.run_id = w.id and x.step = l.number and x.index = -1 limit 1
    ) o on true
    left join lateral (
        select s.name, x.error from outcome x join step s on s.version_id = r.version_id and s.number = x.step
        where e.status = 'f' and x.bucket = w.bucket and x.period = w.period and x.run_id = w.id and x.kind = 'f' and not s.on_failure
        order by x.recorded_at, x.step, x.index limit 1
    ) f on true
    where e.status is not null or r.id is null;
end $$;

-- The trail of a run: what happened to it and who did it, in order. `kind` is `started` (by an actor, where the start said so); `cancel`, `cancel_attempt`, `pause`, `resume`,
-- `retry` or `fork`, of an actor; `signal`, of its sender; `step_delayed`, `attempt_failed`, `step_completed`, `step_failed` or `step_skipped`, of a worker; `run_completed`,
-- `run_failed` or `run_cancelled`. It is derived from what is kept of the run anyway; nothing is written for it but the actions.
create function pgflow.run_events(p_run uuid) returns table (
    at timestamptz, kind text, step text, index int, attempt int, worker_id int, actor text, reason text, detail jsonb
)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
begin
    return query
    select e.at, e.kind, s.name, nullif(e.index, -1), e.attempt, e.worker_id, e.actor, e.reason, e.detail
    from (
        select 0 as rank, r.created_at as at, 'started' as kind, null::int as step, -1 as index, null::int as attempt, null::int as worker_id,
               (select a.actor from action a
                where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run and a.kind = 'start' order by a.number limit 1) as actor,
               null::text as reason, '{}'::jsonb as detail
        from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run
        union all
        select 1, a.at, a.kind, null, -1, null, null, a.actor, a.reason, a.detail
        from action a where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run and a.kind <> 'start'
        union all
        select 2, a.failed_at, case when a.number > 0 then 'attempt_failed' else 'step_delayed' end, a.step, a.index, a.number, a.worker_id, null,
               case when a.number > 0 then a.error end,
               jsonb_build_object('retry_at', a.retry_at, 'duration_ms', a.duration_ms)
        from attempt a where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run
        union all
        select 3, o.recorded_at, case o.kind when 'c' then 'step_completed' when 'f' then 'step_failed' else 'step_skipped' end, o.step, o.index,
               o.attempts, o.worker_id, null, o.error, jsonb_build_object('duration_ms', o.duration_ms)
        from outcome o where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run
        union all
        select 1, g.sent_at, 'signal', g.step, -1, null, null, g.sender, null, jsonb_build_object('signal', x.signal)
        from signal g
        join run y on y.bucket = g.bucket and y.period = g.period and y.id = g.run_id
        join step x on x.version_id = y.version_id and x.number = g.step
        where g.bucket = v_bucket and g.period = v_period and g.run_id = p_run
        union all
        select 4, e.ended_at, case e.status when 'c' then 'run_completed' when 'f' then 'run_failed' else 'run_cancelled' end, null, -1, null, null,
               null, e.error, '{}'
        from run_end e where e.bucket = v_bucket and e.period = v_period and e.run_id = p_run
    ) e
    left join run r on r.bucket = v_bucket and r.period = v_period and r.id = p_run
    left join step s on s.version_id = r.version_id and s.number = e.step
    order by e.at, e.rank, e.attempt, e.step, e.index;
end $$;

-- The trails of all runs. Ask `run_events` for that of one.
create view pgflow.events as
select r.id as run_id, e.* from pgflow.run r cross join lateral pgflow.run_events(r.id) e;

-- The invariant: every run that has not ended has either exactly one ready row or exactly one live owner; and no ended run has
-- either, nor shared work. Gives what breaks it, so nothing when all is well.
create function pgflow.broken_invariants() returns table (run_id uuid, problem text)
language sql stable
set search_path = pgflow, pg_temp
as $$
    with owned as (
        select r.id, count(*) as owners, count(*) filter (where w.dead_at is null) as living
        from claim c cross join lateral unnest(c.runs) r(id) left join worker w on w.bucket = c.bucket and w.id = c.worker_id
        group by r.id
    ), state as (
        select r.id, r.period, e.status is not null as ended, q.run_id is not null as queued, coalesce(o.owners, 0) as owners, coalesce(o.living, 0) as living
        from run r
        left join run_end e on e.bucket = r.bucket and e.period = r.period and e.run_id = r.id
        left join ready q on q.bucket = r.bucket and q.run_id = r.id
        left join owned o on o.id = r.id
    )
    select id, 'it has ended, and is still queued' from state where ended and queued
    union all select id, 'it has ended, and still has an owner' from state where ended and owners > 0
    union all select id, 'it has two owners' from state where owners > 1
    union all select id, 'it is queued and has an owner' from state where queued and owners > 0
    union all select id, 'it is neither queued nor has it an owner' from state where not ended and not queued and owners = 0
    union all select t.run_id, 'it has ended, and has shared work out' from task t join state s on s.id = t.run_id where s.ended
    union all select x.run_id, 'it has ended, and has a share' from share x join state s on s.id = x.run_id where s.ended
    union all select x.run_id, 'its share and its tasks disagree' from share x
              where x.remaining <> (select count(*) from task t where t.bucket = x.bucket and t.run_id = x.run_id and t.step = x.step)
    union all select q.run_id, 'it is paused, and has work out that nobody has taken' from ready q
              where q.paused and exists (select from task t where t.bucket = q.bucket and t.run_id = q.run_id and t.worker_id is null)
    union all select c.child_id, 'it has not ended, but its parent has, and nothing is to be said of that'
              from child c join state s on s.id = c.child_id join state p on p.id = c.run_id
              where p.ended and not s.ended and not exists (select from errand x where x.bucket = c.bucket and x.run_id = c.child_id and x.kind = 'c')
                and not exists (select from inbox i where i.bucket = c.bucket and i.run_id = c.child_id and i.kind = 'x')
                -- Somebody may have had it go on, alone.
                and not exists (select from action a where a.bucket = c.bucket and a.period = s.period and a.run_id = c.child_id and a.kind in ('resume', 'retry'))
    union all select q.run_id, 'it is queued, and there is no such run' from ready q where not exists (select from run r where r.id = q.run_id)
$$;
