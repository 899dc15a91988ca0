-- Intent: the versions of workflows, for people and for deploys.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

create view pgflow.workflows as
select w.name, w.current_version, v.hash as current_hash, (select count(*) from pgflow.version x where x.workflow_id = w.id) as versions,
       w.created_at
from pgflow.workflow w join pgflow.version v on v.id = w.current_version;

-- Every run that has not ended, by what is under way: whether somebody has paused it, and whether it waits for a time or for others.
create view pgflow.live as
select q.version_id, q.run_id, q.paused, not q.due and not q.paused as waiting from pgflow.ready q
union all
select r.version_id, u.id, false, false
from pgflow.claim c cross join lateral unnest(c.runs) u(id)
cross join lateral (
    select x.version_id from pgflow.run x where x.bucket = c.bucket and x.period = pgflow.period_of_run(u.id) and x.id = u.id limit 1
) r;

-- The versions of a workflow (null: of all), the newest first, each with how many of its runs have not ended.
create function pgflow.versions(p_workflow text default null) returns table (
    version int, workflow text, hash text, current boolean, created_at timestamptz, live_runs bigint, definition jsonb
)
language plpgsql stable
set search_path = pgflow, pg_temp
as $$
begin
    return query
    with counted as materialized (
        select l.version_id, count(*) as runs from live l group by l.version_id
    )
    select v.id, w.name, v.hash, v.id = w.current_version, v.created_at, coalesce(l.runs, 0), v.definition
    from workflow w join version v on v.workflow_id = w.id
    left join counted l on l.version_id = v.id
    where p_workflow is null or w.name = p_workflow
    order by w.name, v.id desc;
end $$;

-- The versions with runs that have not ended, by workflow and age: how many of them there are, how many are paused or wait, when the
-- oldest was started, and the p_examples oldest ones.
create function pgflow.live_versions(p_examples int default 5) returns table (
    version int, workflow text, hash text, live_runs bigint, paused bigint, waiting bigint, oldest timestamptz, examples uuid[],
    definition jsonb
)
language plpgsql stable
set search_path = pgflow, pg_temp
as $$
begin
    return query
    with placed as (
        -- Run ids begin with the time of their start.
        select l.*, row_number() over (partition by l.version_id order by l.run_id) as place from live l
    ), counted as materialized (
        select p.version_id, count(*) as runs, count(*) filter (where p.paused) as paused, count(*) filter (where p.waiting) as waiting,
               array_agg(p.run_id order by p.place) filter (where p.place <= greatest(p_examples, 1)) as first
        from placed p
        group by p.version_id
    )
    select v.id, w.name, v.hash, c.runs, c.paused, c.waiting, r.created_at, c.first[:p_examples], v.definition
    from counted c
    join version v on v.id = c.version_id
    join workflow w on w.id = v.workflow_id
    left join lateral (
        select x.created_at from run x
        where x.bucket = bucket_of_run(c.first[1]) and x.period = period_of_run(c.first[1]) and x.id = c.first[1] limit 1
    ) r on true
    order by w.name, v.id;
end $$;

-- Other versions of the workflow of a version, for a worker that may know all that they are made of: the last twenty, and those with runs
-- that have not ended.
create function pgflow.other_versions(p_version int) returns table (version int, definition jsonb)
language plpgsql stable
set search_path = pgflow, pg_temp
as $$
begin
    if not exists (select from version v join version o on o.workflow_id = v.workflow_id and o.id <> v.id where v.id = p_version) then
        return;
    end if;
    return query
    select o.version, o.definition
    from (
        select l.version, l.definition, l.live_runs, row_number() over (order by l.version desc) as place
        from pgflow.versions((select w.name from version v join workflow w on w.id = v.workflow_id where v.id = p_version)) l
        where l.version <> p_version
    ) o
    where o.place <= 20 or o.live_runs > 0
    order by o.version;
end $$;

-- Makes a version the one that starts by the workflow's name use, after a deploy was taken back for example: a program that
-- registers a version which is known already does not.
--
-- Locks: workflow (for update).
create function pgflow.make_current(p_version int) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    update workflow w set current_version = v.id from version v where v.id = p_version and w.id = v.workflow_id;
    if not found then
        raise exception 'there is no version %', p_version using errcode = 'PF404';
    end if;
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
