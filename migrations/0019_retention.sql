-- Intent: how long ended runs are kept. Whole months go by dropping their partitions, the rest in batches.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- How long runs are kept after their end, by workflow (null: all that have no entry of their own) and status. Without an entry, for ever.
create table pgflow.retention (
    workflow_id int references pgflow.workflow,
    status      "char" not null check (status in ('c', 'f', 'x')),
    keep        interval not null check (keep between interval '0' and interval '365000 days'),
    unique nulls not distinct (workflow_id, status)
);

-- How far the batches have come. One row; whoever prunes has it.
create table pgflow.pruning (
    bucket    int primary key,
    period    int not null,
    run_id    uuid not null,
    -- When the last pass over all that is old enough was done.
    passed_at timestamptz not null
);
insert into pgflow.pruning values (0, 0, '00000000-0000-0000-0000-000000000000', '-infinity');

-- A key goes with its run.
create index key_of_run on pgflow.key (bucket, run_id);
create index latest_of_run on pgflow.latest (bucket, run_id);

create view pgflow.retentions as
select w.name as workflow, case r.status when 'c' then 'completed' when 'f' then 'failed' else 'cancelled' end as status, r.keep
from pgflow.retention r left join pgflow.workflow w on w.id = r.workflow_id;

-- Says how long runs of a workflow (null: of all that have no entry of their own) are kept after they have ended with this status
-- (`completed`, `failed`, `cancelled`; null: all three). Null removes the entry.
create function pgflow.set_retention(p_workflow text, p_status text, p_keep interval) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_workflow int;
    v_statuses "char"[] := case when p_status is null then '{c,f,x}' when p_status = 'completed' then '{c}' when p_status = 'failed' then '{f}'
                                when p_status = 'cancelled' then '{x}' end;
begin
    if v_statuses is null then
        raise exception 'runs do not end as `%`', p_status using errcode = '22023', hint = 'They end as completed, failed or cancelled.';
    end if;
    if p_workflow is not null then
        select id into v_workflow from workflow where name = p_workflow;
        if not found then
            raise exception 'there is no workflow `%`', p_workflow using errcode = 'PF404';
        end if;
    end if;
    if p_keep is null then
        delete from retention where workflow_id is not distinct from v_workflow and status = any(v_statuses);
    else
        insert into retention (workflow_id, status, keep) select v_workflow, s, p_keep from unnest(v_statuses) s
        on conflict (workflow_id, status) do update set keep = excluded.keep;
    end if;
end $$;

-- Until when runs of this status must have ended to go, by workflow; null for those that are kept for ever.
create function pgflow.kept_since(p_workflow int, p_status "char", p_now timestamptz) returns timestamptz
language sql stable
set search_path = pgflow, pg_temp
as $$
    select p_now - r.keep from retention r
    where r.status = p_status and (r.workflow_id = p_workflow or r.workflow_id is null)
    order by r.workflow_id nulls last limit 1
$$;

-- Removes all that is kept of these runs, which must have ended (before p_before; null: whenever), and of those that descend from them;
-- those that have not, or that somebody acts upon, stay. Families stay together: a run stays while its parent is there, or one that
-- descends from it has not ended. Gives how many went.
--
-- Locks: latest, mark, run (for update, skip locked rows), then what belongs to them, which nobody else changes.
create function pgflow.remove_runs(p_bucket int, p_runs uuid[], p_before timestamptz) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    v_table text;
    v_latest uuid[];
    v_marks uuid[];
    v_runs uuid[];
    v_families record;
    v_periods int[];
begin
    select array_agg(f.root) as roots, array_agg(f.run_id) as runs into v_families from pgflow.families_of(p_bucket, p_runs) f;
    -- A start that supersedes has its row of `latest` before it locks the run.
    v_latest := array(
        select l.run_id from unnest(p_runs) w(id)
        cross join lateral (select x.run_id from latest x where x.bucket = p_bucket and x.run_id = w.id for update skip locked) l);
    v_runs := array(
        select w.id from unnest(p_runs) w(id)
        where w.id = any(v_latest) or not exists (select from latest l where l.bucket = p_bucket and l.run_id = w.id));
    -- Before the run, as everywhere. Where somebody has one, he acts upon the run.
    v_marks := array(
        select k.run_id from unnest(v_runs) w(id)
        cross join lateral (select x.run_id from mark x where x.bucket = p_bucket and x.run_id = w.id for update skip locked) k);
    v_runs := array(
        select w.id from unnest(v_runs) w(id)
        where (select count(*) from mark k where k.bucket = p_bucket and k.run_id = w.id)
              <= (select count(*) from unnest(v_marks) m(id) where m.id = w.id));
    v_runs := v_runs || array(select f.id from unnest(v_families.runs) f(id) where not f.id = any(p_runs));
    v_runs := array(
        select r.id from (select distinct u.id from unnest(v_runs) u(id) order by u.id) w
        cross join lateral (
            select x.id from run x where x.bucket = p_bucket and x.period = period_of_run(w.id) and x.id = w.id limit 1 for update skip locked
        ) r);
    -- Read after the lock: one that was resumed meanwhile has no end.
    v_runs := array(
        select w.id from unnest(v_runs) w(id)
        where exists (
            select from run_end e
            where e.bucket = p_bucket and e.period = period_of_run(w.id) and e.run_id = w.id
              and (p_before is null or e.ended_at < p_before or not w.id = any(p_runs))));
    v_runs := array(
        select distinct f.id from unnest(v_families.roots, v_families.runs) f(root, id)
        where f.id = any(v_runs)
          -- Of which no other one stays.
          and not exists (
              select from unnest(v_families.roots, v_families.runs) o(root, id)
              where o.root = f.root and not o.id = any(v_runs)
                and exists (select from run r where r.bucket = p_bucket and r.period = period_of_run(o.id) and r.id = o.id))
          and not exists (
              select from run r join run p on p.bucket = r.bucket and p.period = period_of_run(r.parent_id) and p.id = r.parent_id
              where r.bucket = p_bucket and r.period = period_of_run(f.root) and r.id = f.root));
    v_periods := array(select period_of_run(w.id) from unnest(v_runs) w(id));
    -- The run itself is needed until the last.
    foreach v_table in array array_remove(history_tables(), 'run') loop
        execute format('delete from %I x using unnest($2, $3) w(id, period) where x.bucket = $1 and x.period = w.period and x.run_id = w.id', v_table)
        using p_bucket, v_runs, v_periods;
    end loop;
    -- Nobody adds to these: the run has ended, and its row is locked.
    delete from mark k where k.bucket = p_bucket and k.run_id = any(v_runs);
    delete from inbox i where i.bucket = p_bucket and i.run_id = any(v_runs);
    delete from key k where k.bucket = p_bucket and k.run_id = any(v_runs);
    delete from latest l where l.bucket = p_bucket and l.run_id = any(v_runs);
    delete from run r using unnest(v_runs, v_periods) w(id, period) where r.bucket = p_bucket and r.period = w.period and r.id = w.id;
    return cardinality(v_runs);
end $$;

-- Removes runs that have been kept for long enough, as far as the next p_limit ended runs hold any. Gives how many were removed, and
-- whether to call it again at once: a pass over all that is old enough begins once an hour at most. Only one does it at a time.
create function pgflow.prune_expired(p_bucket int, p_limit int, out removed int, out more boolean)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    v_now timestamptz := pgflow.now();
    v_place record;
    v_seen uuid[];
    v_expired uuid[];
    v_last bigint;
    v_period int;
begin
    removed := 0;
    more := false;
    if not exists (select from retention) then
        return;
    end if;
    select p.period, p.run_id, p.passed_at into v_place from pruning p where p.bucket = p_bucket for update skip locked;
    if not found or v_place.period = 0 and v_place.passed_at > v_now - interval '1 hour' then
        return;
    end if;
    v_period := period_of(v_now - (select min(keep) from retention));
    v_seen := array(
        select e.run_id from run_end e
        where e.bucket = p_bucket and (e.period, e.run_id) > (v_place.period, v_place.run_id) and e.period <= v_period
        order by e.period, e.run_id
        limit p_limit);
    -- A run with a large map is as much as many others: the batch ends behind the one with which it becomes too large.
    select array_agg(x.id order by x.at) filter (where x.expired), max(x.at) into v_expired, v_last
    from (
        select w.id, w.at, k.expired, sum(case when k.expired then k.units end) over (order by w.at) - case when k.expired then k.units else 0 end as before
        from unnest(v_seen) with ordinality w(id, at)
        cross join lateral (
            select * from run_end x where x.bucket = p_bucket and x.period = period_of_run(w.id) and x.run_id = w.id limit 1
        ) e
        cross join lateral (
            select x.version_id, x.parent_id from run x where x.bucket = p_bucket and x.period = period_of_run(w.id) and x.id = w.id limit 1
        ) r
        join version v on v.id = r.version_id
        cross join lateral (
            -- One that is a step of another one goes with that.
            select coalesce(e.ended_at < kept_since(v.workflow_id, e.status, v_now), false)
                   and not exists (
                       select from run p where p.bucket = p_bucket and p.period = period_of_run(r.parent_id) and p.id = r.parent_id) as expired,
                   (select coalesce(sum(m.items), 0) + 10 from map m
                    where m.bucket = p_bucket and m.period = period_of_run(w.id) and m.run_id = w.id) as units
        ) k
    ) x
    where coalesce(x.before, 0) < 20000;
    removed := pgflow.remove_runs(p_bucket, coalesce(v_expired, '{}'), null);
    more := cardinality(v_seen) = p_limit or v_last < cardinality(v_seen);
    if more then
        update pruning set period = period_of_run(v_seen[v_last]), run_id = v_seen[v_last] where bucket = p_bucket;
    else
        update pruning set period = 0, run_id = '00000000-0000-0000-0000-000000000000', passed_at = v_now where bucket = p_bucket;
    end if;
end $$;

-- Drops the partitions of the oldest month of which nothing is to be kept, and gives its name; null where there is none. A month with
-- runs that have not ended waits, and so does one of a workflow or status that is kept for longer, or for ever. What stands in the
-- default partition is removed by `prune_expired` only. Keys that are left of the month's runs go with `forget_keys`, marks of and
-- messages to them with `forget_workers`.
--
-- Locks: each partitioned table (access exclusive, for the moment of the drop; gives up after 20 ms for each and is tried again by the
-- next caller).
create function pgflow.drop_month() returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
set lock_timeout = '20ms'
set jit = off
as $$
declare
    v_now timestamptz := pgflow.now();
    v_month text;
    v_first int;
    v_end timestamptz;
    v_kept boolean;
    v_table text;
begin
    if not exists (select from retention) or not pg_try_advisory_xact_lock(hashtextextended('pgflow.drop_month', 0)) then
        return null;
    end if;
    for v_month in
        select substr(c.relname, 5)
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'pgflow.run'::regclass and c.relname ~ '^run_\d{4}_\d{2}$'
        order by 1
    loop
        v_first := period_of(to_date(v_month, 'YYYY_MM') at time zone 'UTC');
        v_end := (to_date(v_month, 'YYYY_MM') + interval '1 month') at time zone 'UTC';
        exit when not exists (select from retention where v_end < v_now - keep);
        continue when pgflow.is_live_between(v_first, period_of(v_end));
        execute format(
            'with kept as materialized (
                 select v.id as version_id, s.status, coalesce(kept_since(v.workflow_id, s.status, $1), ''-infinity'') as since
                 from version v cross join unnest(''{c,f,x}''::"char"[]) s(status)
             )
             select exists (
                 select from %I r left join %I e on e.bucket = r.bucket and e.period = r.period and e.run_id = r.id
                 left join kept k on k.version_id = r.version_id and k.status = e.status
                 where e.status is null or e.ended_at >= k.since
                    -- Of a family that stands in other months as well.
                    or r.parent_id is not null and not (period_of_run(r.parent_id) >= $2 and period_of_run(r.parent_id) < $3)
                       and exists (select from run p where p.bucket = r.bucket and p.period = period_of_run(r.parent_id) and p.id = r.parent_id))
                 or exists (
                     select from %I c
                     where not (period_of_run(c.child_id) >= $2 and period_of_run(c.child_id) < $3)
                       and exists (select from run p where p.bucket = c.bucket and p.period = period_of_run(c.child_id) and p.id = c.child_id))',
            'run_' || v_month, 'run_end_' || v_month, 'child_' || v_month)
        into v_kept using v_now, v_first, period_of(v_end);
        continue when v_kept;
        foreach v_table in array history_tables() loop
            execute format('lock table %I in access exclusive mode', v_table);
        end loop;
        -- Nobody can resume a run of it any more; one that somebody has meanwhile is queued or owned.
        if pgflow.is_live_between(v_first, period_of(v_end)) then
            return null;
        end if;
        foreach v_table in array history_tables() loop
            execute format('drop table %I', v_table || '_' || v_month);
        end loop;
        return replace(v_month, '_', '-');
    end loop;
    return null;
end $$;

-- Whether a run of these periods is queued or owned.
create function pgflow.is_live_between(p_first int, p_end int) returns boolean
language sql stable
set search_path = pgflow, pg_temp
as $$
    select exists (select from ready q where q.period >= p_first and q.period < p_end)
        or exists (select from claim c cross join lateral unnest(c.runs) u(id) where period_of_run(u.id) >= p_first and period_of_run(u.id) < p_end)
$$;

-- Forgets keys of runs that went with their month, at most p_limit; gives how many.
create function pgflow.forget_keys(p_bucket int, p_limit int) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    v_month text := (
        select min(substr(c.relname, 5)) from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'pgflow.run'::regclass and c.relname ~ '^run_\d{4}_\d{2}$');
    -- An id begins with the time of its start, in milliseconds.
    v_first uuid := rpad(lpad(to_hex((extract(epoch from to_date(v_month, 'YYYY_MM') at time zone 'UTC') * 1000)::bigint), 12, '0'), 32, '0')::uuid;
    v_gone int;
    v_latest int;
begin
    delete from key
    where ctid = any(array(
        select k.ctid from key k
        where k.bucket = p_bucket and k.run_id < v_first
          and not exists (select from run r where r.bucket = k.bucket and r.period = period_of_run(k.run_id) and r.id = k.run_id)
        limit p_limit));
    get diagnostics v_gone = row_count;
    delete from latest
    where ctid = any(array(
        select l.ctid from latest l
        where l.bucket = p_bucket and l.run_id < v_first
          and not exists (select from run r where r.bucket = l.bucket and r.period = period_of_run(l.run_id) and r.id = l.run_id)
        limit p_limit));
    get diagnostics v_latest = row_count;
    return v_gone + v_latest;
end $$;
