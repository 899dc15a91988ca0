-- Intent: runs that are steps of other runs.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- A unit of such a step makes the input of its child, which is started in the transaction that records so. The child is a run as any
-- other. When it ends, its parent is to be told; when the parent ends before, its children are to be cancelled. Either is an errand: a row
-- that is written with the end, and done soon after, by whoever finds it. So no transaction locks runs of two generations in an order that
-- another one reverses, and a family of any depth is taken apart one generation at a time.

-- Starts children of runs (see exchange). One that the attempt has started already is left alone: the call is repeated.
--
-- Locks: none; child, run and ready are inserted only.
create function pgflow.start_children(
    p_bucket int, e_run uuid[], e_period int[], p_refused bigint[], p_now timestamptz,
    c_entry int[], c_step smallint[], c_index int[], c_number smallint[], c_version int[], c_queue text[], c_deadline_ms bigint[], c_input jsonb[]
) returns void
language plpgsql volatile
as $$
declare
    v_prefix text := pgflow.run_id_prefix(p_bucket, p_now);
    v_period int := pgflow.period_of(p_now);
    v_ids uuid[] := array(select pgflow.new_run_id(v_prefix) from generate_series(1, cardinality(c_entry)));
begin
    with added as (
        insert into child as x (bucket, period, run_id, step, index, number, child_id, started_at)
        select p_bucket, e_period[c.entry], e_run[c.entry], c.step, c.index, c.number, c.id, p_now
        from unnest(c_entry, c_step, c_index, c_number, v_ids) c(entry, step, index, number, id)
        where not c.entry = any(p_refused)
        on conflict do nothing
        returning x.run_id, x.period, x.step, x.index, x.child_id
    ), started as (
        insert into run as x (bucket, period, id, version_id, checked, priority, created_at, deadline_at, queue, namespace, input, parent_id,
                              parent_step, parent_index)
        select p_bucket, v_period, a.child_id, c.version, true, p.priority, p_now, p_now + c.deadline_ms * interval '1 millisecond',
               coalesce(c.queue, p.queue), p.namespace, c.input, a.run_id, a.step, a.index
        from added a
        join unnest(v_ids, c_version, c_queue, c_deadline_ms, c_input) c(id, version, queue, deadline_ms, input) on c.id = a.child_id
        cross join lateral (select * from run y where y.bucket = p_bucket and y.period = a.period and y.id = a.run_id limit 1) p
        returning x.id, x.period, x.version_id, x.priority, x.queue, x.namespace
    )
    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    select p_bucket, s.id, s.period, s.version_id, s.priority, p_now, true, true, s.queue, s.namespace from started s;
end $$;

-- The children of units of runs that have no outcome: of each unit the last one. Of all units, or of these (p_steps, p_indexes).
create function pgflow.children_of(p_bucket int, p_runs uuid[], p_steps smallint[], p_indexes int[]) returns setof pgflow.answer
language plpgsql volatile
as $$
declare
    v record;
begin
    select array_agg(l.child_id) as ids, array_agg(l.run_id) as runs, array_agg(l.step) as steps, array_agg(l.index) as indexes,
           array_agg(l.number) as numbers
    into v
    from (
        select distinct on (c.run_id, c.step, c.index) c.*
        from unnest(p_runs, p_steps, p_indexes) w(id, step, index)
        cross join lateral (
            select * from child x
            where w.step is null and x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id
            union all
            select * from child x
            where w.step is not null and x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id
              and x.step = w.step and x.index = w.index
            offset 0
        ) c
        where not exists (
            select from outcome o
            where o.bucket = p_bucket and o.period = c.period and o.run_id = c.run_id and o.step = c.step and o.index = c.index)
        order by c.run_id, c.step, c.index, c.number desc
    ) l;
    if v.ids is null then
        return;
    end if;
    return query
    select 20::smallint, c.run_id, null::bigint, null::int, c.step::int, c.index, c.number::int,
           (case r.status when 'completed' then 'c' when 'cancelled' then 'x' when 'failed' then 'f' when 'unknown' then 'f' end)::"char",
           jsonb_build_object('child', c.id, 'output', r.output, 'error', case r.status when 'unknown' then 'it is gone' else r.error end,
                              'step', r.failed_step),
           null::text
    from unnest(v.ids, v.runs, v.steps, v.indexes, v.numbers) c(id, run_id, step, index, number)
    left join pgflow.run_results(v.ids) r on r.run_id = c.id;
end $$;

-- What follows for the families of runs that have ended, or have failed and are about to: their parents are to be told, their children
-- to be cancelled.
--
-- Locks: none; errand is inserted only.
create function pgflow.end_families(p_bucket int, p_runs uuid[]) returns void
language plpgsql volatile
as $$
begin
    insert into errand (bucket, run_id, kind)
    select p_bucket, w.id, 'e'
    from unnest(p_runs) w(id)
    cross join lateral (
        select from run r
        where r.bucket = p_bucket and r.period = pgflow.period_of_run(w.id) and r.id = w.id and r.parent_id is not null limit 1
    ) r
    -- One that executes its last step first ends later.
    where exists (select from run_end e where e.bucket = p_bucket and e.period = pgflow.period_of_run(w.id) and e.run_id = w.id);
    insert into errand (bucket, run_id, kind)
    select p_bucket, c.child_id, 'c'
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from child x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id offset 0
    ) c
    where not exists (
        select from run_end e where e.bucket = p_bucket and e.period = pgflow.period_of_run(c.child_id) and e.run_id = c.child_id);
end $$;

-- Does errands of one kind, at most p_limit: cancels children first, and when there is nothing of that to do, tells parents. Gives the runs
-- that have ended with that, those whose owners are to look for a message, and whether there may be more to do.
--
-- Locks: errand (skips what others do), then as cancel_runs, or run, inbox, ready (of the parents).
create function pgflow.run_errands(p_bucket int, p_limit int, out ended uuid[], out called uuid[], out more boolean)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_kind "char" := 'c';
    v_ids bigint[] := array(
        select x.id from errand x where x.bucket = p_bucket and x.kind = 'c' order by x.id limit p_limit for update skip locked);
    v_runs uuid[];
    v_parents uuid[];
begin
    ended := '{}';
    called := '{}';
    if cardinality(v_ids) = 0 then
        v_kind := 'e';
        v_ids := array(
            select x.id from errand x where x.bucket = p_bucket and x.kind = 'e' order by x.id limit p_limit for update skip locked);
    end if;
    more := cardinality(v_ids) > 0;
    if not more then
        return;
    end if;
    v_runs := array(select distinct x.run_id from unnest(v_ids) n(id) join errand x on x.bucket = p_bucket and x.id = n.id);
    if v_kind = 'c' then
        select coalesce(array_agg(c.run_id) filter (where c.result = 'done'), '{}'), coalesce(array_agg(c.run_id) filter (where c.result = 'asked'), '{}')
        into ended, called
        from pgflow.cancel_runs(p_bucket, v_runs, 'its parent has ended', 'pgflow') c;
    else
        v_parents := array(
            select distinct r.parent_id from unnest(v_runs) w(id)
            cross join lateral (
                select x.parent_id from run x where x.bucket = p_bucket and x.period = period_of_run(w.id) and x.id = w.id limit 1
            ) r
            where r.parent_id is not null);
        perform pgflow.lock_runs(p_bucket, v_parents);
        -- Of those that have not ended.
        called := array(
            select p.id from unnest(v_parents) p(id)
            where exists (select from run r where r.bucket = p_bucket and r.period = period_of_run(p.id) and r.id = p.id)
              and not exists (select from run_end e where e.bucket = p_bucket and e.period = period_of_run(p.id) and e.run_id = p.id));
        insert into inbox (bucket, run_id, sent_at, step, index, kind)
        select p_bucket, r.parent_id, pgflow.now(), r.parent_step, r.parent_index, 'c'
        from unnest(v_runs) w(id)
        cross join lateral (
            select * from run x where x.bucket = p_bucket and x.period = period_of_run(w.id) and x.id = w.id limit 1
        ) r
        where r.parent_id = any(called);
        perform pgflow.make_due(p_bucket, called);
    end if;
    delete from errand x where x.bucket = p_bucket and x.id = any(v_ids);
end $$;

-- The runs that steps of a run have started, in the order of their start.
create function pgflow.run_children(p_run uuid) returns table (run_id uuid, step text, index int, attempt int, started_at timestamptz, status text)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select c.child_id, s.name, nullif(c.index, -1), c.number::int, c.started_at, d.status
    from child c
    join run r on r.bucket = c.bucket and r.period = c.period and r.id = c.run_id
    join step s on s.version_id = r.version_id and s.number = c.step
    left join lateral (
        select pgflow.status_word(e.status, q.paused, q.fresh) as status
        from (select 1) one
        left join run_end e on e.bucket = c.bucket and e.period = period_of_run(c.child_id) and e.run_id = c.child_id
        left join ready q on q.bucket = c.bucket and q.run_id = c.child_id
    ) d on true
    where c.bucket = bucket_of_run(p_run) and c.period = period_of_run(p_run) and c.run_id = p_run
    order by c.started_at, c.step, c.index, c.number;
end $$;

-- Runs with all that descend from them: a row for each pair of one of p_runs and a descendant, or itself.
create function pgflow.families_of(p_bucket int, p_runs uuid[]) returns table (root uuid, run_id uuid)
language plpgsql stable
as $$
begin
    return query
    with recursive family(root, id) as (
        select u.id, u.id from unnest(p_runs) u(id)
        union
        select f.root, c.child_id from family f
        cross join lateral (
            select x.child_id from child x where x.bucket = p_bucket and x.period = pgflow.period_of_run(f.id) and x.run_id = f.id offset 0
        ) c
    )
    select f.root, f.id from family f;
end $$;
