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
