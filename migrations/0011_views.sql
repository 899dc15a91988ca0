-- Intent: what people look at: runs, steps with their derived states, outputs; and the invariant as a query.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- The state of a run that has not ended is derived: `paused`, where somebody has paused it; `scheduled` until a worker has had it, then
-- `running`.
create view pgflow.runs as
select r.id as run_id, w.name as workflow, r.version_id, r.namespace, r.queue, r.priority,
       case e.status when 'c' then 'completed' when 'f' then 'failed' when 'x' then 'cancelled'
            else case when q.paused then 'paused' when q.fresh then 'scheduled' else 'running' end end as status,
       r.created_at, r.deadline_at, e.ended_at, r.input, r.crashes, e.error as end_error,
       q.run_id is not null as waits, q.available_at
from pgflow.run r
join pgflow.version v on v.id = r.version_id
join pgflow.workflow w on w.id = v.workflow_id
left join pgflow.run_end e on e.bucket = r.bucket and e.period = r.period and e.run_id = r.id
left join pgflow.ready q on q.bucket = r.bucket and q.run_id = r.id;

-- Every step of every run. A step is `blocked` until all that it depends on has completed or was skipped, then `ready` or `running` (its worker
-- knows which), `waiting` where its time has not come; a step of an ended run that was not reached is `cancelled`.
create view pgflow.steps as
select r.id as run_id, s.number, s.name as step, d.status, d.items, d.items_done, d.items_skipped, d.attempts, d.waits_for, d.next_attempt_at,
       o.output, coalesce(f.error, a.error) as error, case when o.kind = 's' then o.error end as skip_reason, o.worker_id, o.duration_ms,
       coalesce(o.recorded_at, d.recorded_at) as recorded_at
from pgflow.run r
join pgflow.step s on s.version_id = r.version_id
left join pgflow.run_end e on e.bucket = r.bucket and e.period = r.period and e.run_id = r.id
left join pgflow.outcome o on o.bucket = r.bucket and o.period = r.period and o.run_id = r.id and o.step = s.number and o.index = -1
left join pgflow.map m on m.bucket = r.bucket and m.period = r.period and m.run_id = r.id and m.step = s.number
left join lateral (
    select x.error from pgflow.outcome x
    where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id and x.step = s.number and x.kind = 'f' order by x.index limit 1
) f on true
left join lateral (
    select case when x.number > 0 then x.error end as error, x.retry_at from pgflow.attempt x
    where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id and x.step = s.number order by x.failed_at desc limit 1
) a on true
cross join lateral (
    select count(*) filter (where x.kind <> 'f') as done, count(*) filter (where x.kind = 's') as skipped, max(x.recorded_at) as at,
           max(x.attempts) as attempts
    from pgflow.outcome x
    where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id and x.step = s.number
) c
cross join lateral (
    select coalesce(array_agg(p.name order by p.number), '{}') as names
    from unnest(s.depends_on) n(number) join pgflow.step p on p.version_id = s.version_id and p.number = n.number
    where not exists (
              select from pgflow.outcome x
              where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id and x.step = p.number and x.index = -1 and x.kind <> 'f')
      and not (p.is_map and exists (
              select from pgflow.map pm
              where pm.bucket = r.bucket and pm.period = r.period and pm.run_id = r.id and pm.step = p.number
                and pm.items = (select count(*) from pgflow.outcome x
                                where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id and x.step = p.number
                                  and x.kind <> 'f')))
) b
cross join lateral (
    select case
               when f.error is not null then 'failed'
               when o.kind = 's' then 'skipped'
               when o.kind = 'c' or m.items = c.done then 'completed'
               when e.status is not null then 'cancelled'
               when cardinality(b.names) > 0 then 'blocked'
               when a.retry_at > pgflow.now() then 'waiting'
               else coalesce((select case when q.due or q.paused then 'ready' else 'waiting' end from pgflow.ready q
                              where q.bucket = r.bucket and q.run_id = r.id), 'running')
           end as status,
           m.items, case when s.is_map and o.kind is null then c.done end as items_done,
           case when s.is_map and o.kind is null then c.skipped end as items_skipped,
           greatest(c.attempts, (select max(x.number) from pgflow.attempt x where x.bucket = r.bucket and x.period = r.period and x.run_id = r.id
                                 and x.step = s.number)) as attempts,
           case when e.status is null and o.kind is null then b.names else '{}' end as waits_for,
           case when e.status is null and o.kind is null and a.retry_at > pgflow.now() then a.retry_at end as next_attempt_at,
           c.at as recorded_at
) d;

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
        where e.status = 'f' and x.bucket = w.bucket and x.period = w.period and x.run_id = w.id and x.kind = 'f'
        order by x.recorded_at, x.step, x.index limit 1
    ) f on true
    where e.status is not null or r.id is null;
end $$;

-- The trail of a run: what happened to it and who did it, in order. `kind` is `started`; `cancel`, `cancel_attempt`, `pause`, `resume`,
-- `retry` or `fork`, of an actor; `step_delayed`, `attempt_failed`, `step_completed`, `step_failed` or `step_skipped`, of a worker; `run_completed`,
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
               null::text as actor, null::text as reason, '{}'::jsonb as detail
        from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run
        union all
        select 1, a.at, a.kind, null, -1, null, null, a.actor, a.reason, a.detail
        from action a where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run
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
        select 4, e.ended_at, case e.status when 'c' then 'run_completed' when 'f' then 'run_failed' else 'run_cancelled' end, null, -1, null, null,
               null, e.error, '{}'
        from run_end e where e.bucket = v_bucket and e.period = v_period and e.run_id = p_run
    ) e
    left join run r on r.bucket = v_bucket and r.period = v_period and r.id = p_run
    left join step s on s.version_id = r.version_id and s.number = e.step
    order by e.at, e.rank, e.attempt, e.step, e.index;
end $$;

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
        select r.id, e.status is not null as ended, q.run_id is not null as queued, coalesce(o.owners, 0) as owners, coalesce(o.living, 0) as living
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
    union all select q.run_id, 'it is queued, and there is no such run' from ready q where not exists (select from run r where r.id = q.run_id)
$$;
