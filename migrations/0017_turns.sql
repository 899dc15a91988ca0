-- Intent: namespaces take turns: what one of them has in the queue, however much, keeps the others waiting for one turn at most.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- These are called by `pgflow.claim_runs` and `pgflow.claim_tasks` only, where a namespace has something in the queue at all. They go from one
-- namespace to the next by the index, whatever each has waiting.

-- The namespaces that have runs due in a queue, in the order of their turns: after that of p_after; at most p_limit. What has no
-- namespace counts as one.
create function pgflow.namespaces_due(p_bucket int, p_queue text, p_versions int[], p_after text, p_limit int) returns text[]
language plpgsql volatile
as $$
declare
    v_names text[] := '{}';
    v_name text := p_after;
    v_second boolean := false;
begin
    while cardinality(v_names) < p_limit loop
        select min(n.namespace) into v_name
        from unnest(p_versions) v(id)
        cross join lateral (
            select c.namespace from ready c
            where c.bucket = p_bucket and c.queue = p_queue and c.version_id = v.id and c.namespace > v_name and c.namespace <> '' and c.due
            order by c.namespace
            limit 1
        ) n;
        exit when v_second and (v_name is null or v_name > p_after);
        if v_name is null then
            -- After the last one it begins again, with what has no namespace.
            v_second := true;
            v_name := '';
            perform from unnest(p_versions) v(id)
            cross join lateral (
                select from ready c
                where c.bucket = p_bucket and c.queue = p_queue and c.version_id = v.id and c.due and c.namespace = '' limit 1
            ) c
            limit 1;
            continue when not found;
        end if;
        v_names := v_names || v_name;
    end loop;
    return v_names;
end $$;

-- Takes due runs of these namespaces, at most p_limit, an even part of each as far as it has so many.
--
-- Locks: ready (skips what others are taking).
create function pgflow.claim_of_namespaces(
    p_bucket int, p_queue text, p_versions int[], p_namespaces text[], p_limit int, out o_runs uuid[], out o_known uuid[]
)
language plpgsql volatile
as $$
declare
    v_spaces text[] := array_remove(p_namespaces, '');
    v_room int := p_limit;
    v_part int;
    v_picked tid[];
    v_claimed record;
begin
    o_runs := '{}';
    o_known := '{}';
    while v_room > 0 and cardinality(v_spaces) > 0 loop
        v_part := greatest(v_room / cardinality(v_spaces), 1);
        v_picked := array(
            select p.place
            from unnest(v_spaces) with ordinality s(namespace, at)
            cross join lateral (
                select r.place, r.rank, r.seq
                from unnest(p_versions) v(id)
                cross join lateral (
                    select c.ctid as place, -c.priority as rank, c.seq from ready c
                    where c.bucket = p_bucket and c.queue = p_queue and c.version_id = v.id and c.namespace = s.namespace and c.namespace <> ''
                      and c.due
                    order by -c.priority, c.seq
                    limit v_part
                    for update skip locked
                ) r
                order by r.rank, r.seq
                limit v_part
            ) p
            order by s.at
            limit v_room
        );
        exit when cardinality(v_picked) = 0;
        with gone as (
            delete from ready where ctid = any(v_picked) returning run_id, fresh, namespace, -priority as rank, seq
        )
        select array_agg(g.run_id order by g.rank, g.seq) as runs, array_agg(g.run_id) filter (where not g.fresh) as known,
               (select array_agg(f.namespace)
                from (select x.namespace from gone x group by x.namespace having count(*) >= v_part) f) as filled
        into v_claimed
        from gone g;
        o_runs := o_runs || v_claimed.runs;
        o_known := o_known || v_claimed.known;
        v_room := v_room - cardinality(v_picked);
        -- Those that may have more.
        v_spaces := array(select s.namespace from unnest(v_spaces) with ordinality s(namespace, at) where s.namespace = any(v_claimed.filled)
                          order by s.at);
    end loop;
end $$;

-- As namespaces_due, of tasks.
create function pgflow.namespaces_of_tasks(p_bucket int, p_queue text, p_versions int[], p_after text, p_limit int) returns text[]
language plpgsql volatile
as $$
declare
    v_names text[] := '{}';
    v_name text := p_after;
    v_second boolean := false;
begin
    while cardinality(v_names) < p_limit loop
        select min(n.namespace) into v_name
        from unnest(p_versions) v(id)
        cross join lateral (
            select c.namespace from task c
            where c.bucket = p_bucket and c.queue = p_queue and c.version_id = v.id and c.namespace > v_name and c.namespace <> ''
              and c.worker_id is null and c.due
            order by c.namespace
            limit 1
        ) n;
        exit when v_second and (v_name is null or v_name > p_after);
        if v_name is null then
            v_second := true;
            v_name := '';
            perform from unnest(p_versions) v(id)
            cross join lateral (
                select from task c
                where c.bucket = p_bucket and c.queue = p_queue and c.version_id = v.id and c.worker_id is null and c.due
                  and c.namespace = '' limit 1
            ) c
            limit 1;
            continue when not found;
        end if;
        v_names := v_names || v_name;
    end loop;
    return v_names;
end $$;

-- As claim_of_namespaces, of tasks; gives how many.
--
-- Locks: task (skips what others are taking).
create function pgflow.claim_tasks_of_namespaces(
    p_bucket int, p_worker int, p_queue text, p_versions int[], p_namespaces text[], p_limit int
) returns int
language plpgsql volatile
as $$
declare
    v_spaces text[] := array_remove(p_namespaces, '');
    v_room int := p_limit;
    v_part int;
    v_picked tid[];
    v_filled text[];
begin
    while v_room > 0 and cardinality(v_spaces) > 0 loop
        v_part := greatest(v_room / cardinality(v_spaces), 1);
        v_picked := array(
            select p.place
            from unnest(v_spaces) with ordinality s(namespace, at)
            cross join lateral (
                select t.place, t.rank, t.turn, t.id
                from unnest(p_versions) v(id)
                cross join lateral (
                    select c.ctid as place, -c.priority as rank, c.turn, c.id from task c
                    where c.bucket = p_bucket and c.queue = p_queue and c.version_id = v.id and c.namespace = s.namespace and c.namespace <> ''
                      and c.worker_id is null and c.due
                    order by -c.priority, c.turn, c.id
                    limit v_part
                    for update skip locked
                ) t
                order by t.rank, t.turn, t.id
                limit v_part
            ) p
            order by s.at
            limit v_room
        );
        exit when cardinality(v_picked) = 0;
        with taken as (
            update task set worker_id = p_worker where ctid = any(v_picked) returning namespace
        )
        select array_agg(f.namespace) into v_filled
        from (select t.namespace from taken t group by t.namespace having count(*) >= v_part) f;
        v_room := v_room - cardinality(v_picked);
        v_spaces := array(select s.namespace from unnest(v_spaces) with ordinality s(namespace, at) where s.namespace = any(v_filled) order by s.at);
    end loop;
    return p_limit - v_room;
end $$;

-- Tells a worker whose turn was last in each queue.
create function pgflow.turns(p_flag "char", p_after text[]) returns setof pgflow.answer
language plpgsql volatile
as $$
begin
    return query
    select 17::smallint, null::uuid, null::bigint, null::int, a.at::int, null::int, null::int, p_flag, null::jsonb, a.name
    from unnest(p_after) with ordinality a(name, at)
    where a.name is not null;
end $$;
