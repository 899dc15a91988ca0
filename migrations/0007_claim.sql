-- Intent: how a worker comes by runs and tasks, and what it is told of them.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- All of these are called by `pgflow.exchange` and its like only, and have their settings: each setting of a function costs at every call.

-- The rows of an answer to a worker. `kind` says what a row is:
--     1  an entry was refused            number: its place
--     2  the owner of run_id was woken
--     3  run_id was parked
--     4  a run was claimed               number: milliseconds until its deadline, null for none; attempts: crashes; index: the place of its
--                                        queue among those of the call, from 1; flag: 't' if the input is checked; payload: the input;
--                                        step: 1 for a run that is a step of another one
--     5  an outcome                      step, index, attempts, flag: its kind, payload: the output, error
--     6  failed attempts                 step, index, attempts: how many; number: milliseconds until the next one; version_id: how many
--                                        lie before the last one after which the step was given new ones, null for none
--     7  shared work that is out         step, index: the first unit, attempts: how many; number: 1 if the unit was part of another task
--                                        (after 10: a unit of a range that is executed again elsewhere)
--     8  a message                       number: its id; flag: its kind; step, index; error: why
--     9  a task for this worker          number: its id; version_id, step, index: the first unit; attempts; payload: the items
--                                        flag: 't' if it has lost a worker to a crash, 'o' if its unit was part of another task, 'O' for
--                                        both; error: its queue
--    10  the input of a task's run       payload
--    11  a unit that was begun and has not ended, of a run or task that has lost a worker to a crash
--                                        step, index, attempts: how many workers died while it was executed alone; flag: 't' if it is
--                                        suspected of having ended one
--    12  how far a version's queue was claimed
--                                        step: the place of the queue, from 1; version_id, index: the priority and number: the place
--                                        within it of the last run
--    13  some of the work that run_id has out is still to be taken
--    14  outcomes of a step             step, attempts: how many; error: an array of each one's index and output in turns
--    15  a task that the worker no longer holds                     number: its id
--    16  an attempt of a task's unit that somebody has cancelled    number: the task's id; index
--    19  a unit that has asked to be executed again    step, index, attempts: how often; number: milliseconds until it is due; version_id: how
--                                        many failed attempts lie before; flag: 't' if it is no part of its task any more;
--                                        payload: its state, and since when it has asked, in milliseconds
--    18  the signal that a step is given  step; number: when it was sent, in microseconds since 1970; payload; error: its sender
--    20  a child of a run                step, index, attempts: which attempt has started it; flag: how it has ended (null: not yet); payload:
--                                        an object of its id (`child`), `output`, `error` and the `step` that it failed of
create type pgflow.answer as (
    kind smallint, run_id uuid, number bigint, version_id int, step int, index int, attempts int, flag "char", payload jsonb, error text
);

-- Claims due runs of these queues and versions, at most p_limits of each queue and 256 in all: higher priorities first, then in the order
-- of their arrival. Where namespaces have runs there, they take turns with each other and with what has none: each gets an even part
-- of what is claimed, as far as it has so much, and p_after says of each queue whose turn it was last. o_known are those among the runs
-- of which something may have been recorded before.
--
-- p_priorities and p_seqs are low-water marks of each queue's versions, for what has no namespace: nothing that is due stands before such
-- a place, but for higher priorities, and rows that were committed long after their place was given to them. Without the marks (null)
-- the claim looks from the start. What they gain: the index entries of rows that are gone are not passed again and again until they are
-- vacuumed, which they are not while any transaction of the server is older. o_queues, o_versions, o_priorities, o_seqs say how far the
-- queues were claimed.
--
-- Locks: ready (skips what others are taking); claim is inserted.
create function pgflow.claim_runs(
    p_bucket int, p_worker int, p_number bigint, p_queues text[], p_limits int[], p_after text[], p_versions int[],
    p_priorities int[], p_seqs bigint[],
    out o_runs uuid[], out o_known uuid[], out o_queues int[], out o_versions int[], out o_priorities int[], out o_seqs bigint[],
    out o_after text[]
)
language plpgsql volatile
as $$
declare
    v_count int := cardinality(p_versions);
    v_queue text;
    v_room int;
    v_part int;
    v_picked tid[];
    v_spaces text[];
    v_claimed record;
begin
    o_runs := '{}';
    o_known := '{}';
    o_after := coalesce(p_after, array_fill(null::text, array[cardinality(p_queues)]));
    for v_at in 1 .. cardinality(p_queues) loop
        v_queue := p_queues[v_at];
        v_room := least(p_limits[v_at], 256 - cardinality(o_runs));
        continue when v_room <= 0;
        v_part := v_room;
        v_spaces := null;
        perform from unnest(p_versions) v(id)
        cross join lateral (
            select from ready c where c.bucket = p_bucket and c.queue = v_queue and c.version_id = v.id and c.due and c.namespace <> '' limit 1
        ) c
        limit 1;
        if found then
            v_spaces := pgflow.namespaces_due(p_bucket, v_queue, p_versions, coalesce(p_after[v_at], ''), v_room);
            -- Of what has no namespace, whose turn it may be as well.
            v_part := case when '' = any(v_spaces) then greatest(v_room / cardinality(v_spaces), 1) else 0 end;
        end if;

        loop
            -- Picked and locked first, then deleted by their place: a limited subquery inside the DELETE could be run again by the planner,
            -- and take more than its limit.
            if v_part = 0 then
                v_picked := '{}';
            elsif p_seqs is null then
                v_picked := array(
                    select picked.place
                    from (
                        select r.place, r.rank, r.seq
                        from unnest(p_versions) v(id)
                        cross join lateral (
                            select c.ctid as place, -c.priority as rank, c.seq from ready c
                            where c.bucket = p_bucket and c.queue = v_queue and c.version_id = v.id and c.due and c.namespace = ''
                            order by -c.priority, c.seq
                            limit v_part
                            for update skip locked
                        ) r
                    ) picked
                    order by picked.rank, picked.seq
                    limit v_part
                );
            else
                v_picked := array(
                    select picked.place
                    from (
                        select r.place, r.rank, r.seq
                        from unnest(p_versions, p_priorities[(v_at - 1) * v_count + 1 : v_at * v_count],
                                    p_seqs[(v_at - 1) * v_count + 1 : v_at * v_count]) v(id, priority, seq)
                        cross join lateral (
                            select * from (
                                select c.ctid as place, -c.priority as rank, c.seq from ready c
                                where c.bucket = p_bucket and c.queue = v_queue and c.version_id = v.id and c.due and c.namespace = ''
                                  and -c.priority < -v.priority
                                order by -c.priority, c.seq
                                limit v_part
                                for update skip locked
                            ) higher
                            union all
                            select * from (
                                select c.ctid as place, -c.priority as rank, c.seq from ready c
                                where c.bucket = p_bucket and c.queue = v_queue and c.version_id = v.id and c.due and c.namespace = ''
                                  and (-c.priority, c.seq) >= (-v.priority, v.seq)
                                order by -c.priority, c.seq
                                limit v_part
                                for update skip locked
                            ) following
                        ) r
                    ) picked
                    order by picked.rank, picked.seq
                    limit v_part
                );
            end if;
            if cardinality(v_picked) > 0 then
                with gone as (
                    delete from ready where ctid = any(v_picked) returning run_id, fresh, version_id, -priority as rank, seq
                ), last as (
                    select distinct on (version_id) version_id, rank, seq from gone order by version_id, rank desc, seq desc
                )
                select (select array_agg(run_id order by rank, seq) from gone) as runs,
                       (select array_agg(run_id) filter (where not fresh) from gone) as known,
                       array_agg(v_at) as queues, array_agg(version_id) as versions, array_agg(-rank) as priorities, array_agg(seq) as seqs
                into v_claimed
                from last;
                o_runs := o_runs || v_claimed.runs;
                o_known := o_known || v_claimed.known;
                o_queues := o_queues || v_claimed.queues;
                o_versions := o_versions || v_claimed.versions;
                o_priorities := o_priorities || v_claimed.priorities;
                o_seqs := o_seqs || v_claimed.seqs;
            end if;
            exit when v_spaces is null;
            v_room := v_room - cardinality(v_picked);
            select * into v_claimed from pgflow.claim_of_namespaces(p_bucket, v_queue, p_versions, v_spaces, v_room);
            o_runs := o_runs || v_claimed.o_runs;
            o_known := o_known || v_claimed.o_known;
            if cardinality(v_spaces) > 0 then
                o_after[v_at] := v_spaces[cardinality(v_spaces)];
            end if;
            -- What they have left over.
            v_part := v_room - cardinality(v_claimed.o_runs);
            v_spaces := null;
            exit when v_part = 0;
        end loop;
    end loop;
    if cardinality(o_runs) > 0 then
        insert into claim (bucket, worker_id, number, claimed_at, runs) values (p_bucket, p_worker, p_number, pgflow.now(), o_runs);
    end if;
end $$;

-- Takes due tasks of these queues and versions for the worker, at most p_limits of each queue: higher priorities first, then by their
-- turns; namespaces take turns as in claim_runs.
--
-- Locks: task (skips what others are taking).
create function pgflow.claim_tasks(
    p_bucket int, p_worker int, p_queues text[], p_limits int[], p_after text[], p_versions int[], out o_after text[]
)
language plpgsql volatile
as $$
declare
    v_queue text;
    v_room int;
    v_part int;
    v_picked tid[];
    v_spaces text[];
begin
    o_after := coalesce(p_after, array_fill(null::text, array[cardinality(p_queues)]));
    for v_at in 1 .. cardinality(p_queues) loop
        v_queue := p_queues[v_at];
        v_room := p_limits[v_at];
        continue when v_room <= 0;
        v_part := v_room;
        v_spaces := null;
        perform from unnest(p_versions) v(id)
        cross join lateral (
            select from task c
            where c.bucket = p_bucket and c.queue = v_queue and c.version_id = v.id and c.worker_id is null and c.due and c.namespace <> ''
            limit 1
        ) c
        limit 1;
        if found then
            v_spaces := pgflow.namespaces_of_tasks(p_bucket, v_queue, p_versions, coalesce(p_after[v_at], ''), v_room);
            v_part := case when '' = any(v_spaces) then greatest(v_room / cardinality(v_spaces), 1) else 0 end;
        end if;

        loop
            v_picked := array(
                select picked.place
                from (
                    select t.place, t.rank, t.turn, t.id
                    from unnest(p_versions) v(id)
                    cross join lateral (
                        select c.ctid as place, -c.priority as rank, c.turn, c.id from task c
                        where c.bucket = p_bucket and c.queue = v_queue and c.version_id = v.id and c.worker_id is null and c.due
                          and c.namespace = ''
                        order by -c.priority, c.turn, c.id
                        limit v_part
                        for update skip locked
                    ) t
                ) picked
                order by picked.rank, picked.turn, picked.id
                limit v_part
            );
            if cardinality(v_picked) > 0 then
                update task set worker_id = p_worker where ctid = any(v_picked);
            end if;
            exit when v_spaces is null;
            v_room := v_room - cardinality(v_picked);
            v_part := v_room - pgflow.claim_tasks_of_namespaces(p_bucket, p_worker, v_queue, p_versions, v_spaces, v_room);
            if cardinality(v_spaces) > 0 then
                o_after[v_at] := v_spaces[cardinality(v_spaces)];
            end if;
            v_spaces := null;
            exit when v_part = 0;
        end loop;
    end loop;
end $$;

-- What is known of runs: their messages, failed attempts, what of them is out, outcomes. Messages and what is out are read before
-- the outcomes: whatever is recorded meanwhile is then seen as an outcome, or as still out with a message to come; never as
-- neither. Failed attempts are read before what is out: one that is tried again is then seen with the task of its retry, if it has one.
create function pgflow.history(p_bucket int, p_runs uuid[]) returns setof pgflow.answer
language plpgsql volatile
as $$
declare
    v_messages bigint[] := array(
        select i.id from unnest(p_runs) w(id) cross join lateral (select x.id from inbox x where x.bucket = p_bucket and x.run_id = w.id offset 0) i);
begin
    return query
    select 6::smallint, a.run_id,
           -- The delay of a map step whose size is known is over, also where that was cut short.
           case when max(a.number) = 0 and exists (
               select from map m
               where m.bucket = p_bucket and m.period = pgflow.period_of_run(a.run_id) and m.run_id = a.run_id and m.step = a.step) then 0
           else greatest(ceil(extract(epoch from max(a.retry_at) - pgflow.now()) * 1000), 0)::bigint end,
           max(a.number) filter (where a.resumed)::int, a.step::int, a.index, max(a.number)::int, null::"char", null::jsonb, null::text
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from attempt x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id offset 0
    ) a
    group by a.run_id, a.step, a.index;

    return query
    select 7::smallint, t.run_id, t.own::int::bigint, null::int, t.step::int, t.first, t.count, null::"char", null::jsonb, null::text
    from unnest(p_runs) w(id) cross join lateral (select * from task x where x.bucket = p_bucket and x.run_id = w.id offset 0) t;

    return query
    select 5::smallint, o.run_id, null::bigint, null::int, o.step::int, o.index, o.attempts::int, o.kind, o.output, o.error
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from outcome x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id offset 0
    ) o
    order by o.run_id, o.step, o.index;

    return query
    select 11::smallint, k.run_id, null::bigint, null::int, k.step::int, k.index, k.crashes::int,
           (case when k.suspect then 't' else 'f' end)::"char", null::jsonb, null::text
    from unnest(p_runs) w(id) cross join lateral (select * from mark x where x.bucket = p_bucket and x.run_id = w.id offset 0) k;

    return query select * from pgflow.signals_of(p_bucket, p_runs);
    return query select * from pgflow.repeats_of(p_bucket, p_runs, null, null, null);
    return query select * from pgflow.children_of(p_bucket, p_runs, null, null);

    return query
    select 8::smallint, i.run_id, i.id, null::int, i.step::int, i.index, null::int, i.kind, null::jsonb, i.reason
    from unnest(v_messages) m(id) cross join lateral (select * from inbox x where x.bucket = p_bucket and x.id = m.id limit 1) i
    order by i.id;
end $$;

-- The messages of runs that a worker owns, each after the outcomes of the step that it speaks of, but for the items before p_from;
-- and which of the runs have work out in these queues that nobody has taken.
create function pgflow.messages(p_bucket int, p_runs uuid[], p_from int[], p_queues text[]) returns setof pgflow.answer
language plpgsql volatile
as $$
declare
    v_messages bigint[] := array(
        select i.id from unnest(p_runs) w(id) cross join lateral (select x.id from inbox x where x.bucket = p_bucket and x.run_id = w.id offset 0) i);
begin
    return query
    select 13::smallint, w.id, null::bigint, null::int, null::int, null::int, null::int, null::"char", null::jsonb, null::text
    from unnest(p_runs) w(id)
    cross join lateral (
        select from task x
        where x.bucket = p_bucket and x.run_id = w.id and x.worker_id is null and x.due and x.queue = any(p_queues) limit 1
    ) t;
    if cardinality(v_messages) = 0 then
        return;
    end if;
    -- Many small outputs in one row: each in a row of its own would take more than itself.
    return query
    select (case when o.small then 14 else 5 end)::smallint, o.run_id, null::bigint, null::int, o.step::int, min(o.index),
           (case when o.small then count(*) else min(o.attempts) end)::int, min(o.kind::text)::"char", (array_agg(o.output) filter (where not o.small))[1],
           case when o.small then '[' || string_agg(o.index || ',' || o.output::text, ',') || ']' else min(o.error) end
    from (
        select o.run_id, o.step, o.index, o.attempts, o.kind, o.output, o.error, o.kind = 'c' and pg_column_size(o.output) <= 1000 as small
        from (
            select distinct i.run_id, i.step, w.first
            from unnest(v_messages) n(id)
            cross join lateral (select * from inbox x where x.bucket = p_bucket and x.id = n.id limit 1) i
            join unnest(p_runs, p_from) w(id, first) on w.id = i.run_id
        ) m
        cross join lateral (
            select * from outcome x
            where x.bucket = p_bucket and x.period = pgflow.period_of_run(m.run_id) and x.run_id = m.run_id and x.step = m.step
              and x.index >= coalesce(m.first, -1)
            offset 0
        ) o
    ) o
    group by o.run_id, o.step, o.small, case when o.small then o.index / 1000 else o.index end;
    return query select * from pgflow.signals_of(p_bucket, array(
        select distinct i.run_id from unnest(v_messages) m(id)
        cross join lateral (select x.run_id from inbox x where x.bucket = p_bucket and x.id = m.id and x.kind = 'g' limit 1) i));
    return query
    select h.* from (
        select array_agg(i.run_id order by i.id) as runs, array_agg(i.step order by i.id) as steps, array_agg(i.index order by i.id) as indexes
        from unnest(v_messages) m(id)
        cross join lateral (select * from inbox x where x.bucket = p_bucket and x.id = m.id and x.kind = 'c' limit 1) i
    ) c
    cross join lateral pgflow.children_of(p_bucket, c.runs, c.steps, c.indexes) h
    where c.runs is not null;
    return query
    select 8::smallint, i.run_id, i.id, null::int, i.step::int, i.index, null::int, i.kind, null::jsonb, i.reason
    from unnest(v_messages) m(id) cross join lateral (select * from inbox x where x.bucket = p_bucket and x.id = m.id limit 1) i
    order by i.id;
end $$;

-- The tasks that a worker knows and no longer holds, and those that it holds and does not know of yet, with all that they need: inputs, dependencies' outputs, and what of
-- them has been recorded already. A reply that was lost is made good by the next one.
create function pgflow.held_tasks(p_bucket int, p_worker int, p_known bigint[]) returns setof pgflow.answer
language plpgsql volatile
as $$
declare
    v_new bigint[] := array(select t.id from task t where t.bucket = p_bucket and t.worker_id = p_worker and not t.id = any(p_known));
begin
    if cardinality(p_known) > 0 then
        return query
        select (case when t.id is null then 15 else 16 end)::smallint, null::uuid, k.id, null::int, null::int, c.index, null::int,
               null::"char", null::jsonb, null::text
        from unnest(p_known) k(id)
        left join lateral (
            select * from task x where x.bucket = p_bucket and x.id = k.id and x.worker_id = p_worker limit 1
        ) t on true
        left join lateral unnest(t.cancelled) c(index) on true
        where t.id is null or c.index is not null;
    end if;
    if cardinality(v_new) = 0 then
        return;
    end if;
    return query
    select distinct on (r.id) 10::smallint, r.id, null::bigint, r.version_id, null::int, null::int, null::int, null::"char", r.input, null::text
    from unnest(v_new) n(id)
    cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
    cross join lateral (select * from run x where x.bucket = p_bucket and x.period = t.period and x.id = t.run_id limit 1) r;

    -- Units of ranges that have failed: by a task of their own, or by the owner, they are tried again elsewhere.
    return query
    select distinct on (t.run_id, t.step, x.index) 7::smallint, t.run_id, null::bigint, null::int, t.step::int, x.index, 1, null::"char",
           null::jsonb, null::text
    from unnest(v_new) n(id)
    cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
    cross join lateral (
        select a.index from attempt a
        where a.bucket = p_bucket and a.period = t.period and a.run_id = t.run_id and a.step = t.step
          and a.index between t.first and t.first + t.count - 1 and a.number > 0
        union all
        select r.index from repeat r
        where r.bucket = p_bucket and r.period = t.period and r.run_id = t.run_id and r.step = t.step
          and r.index between t.first and t.first + t.count - 1 and r.handed
        offset 0
    ) x
    where not t.own;
    return query
    select r.* from (
        select array_agg(t.run_id order by t.id) as runs, array_agg(t.step order by t.id) as steps, array_agg(t.first order by t.id) as firsts,
               array_agg(t.count order by t.id) as counts
        from unnest(v_new) n(id) cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
    ) g
    cross join lateral pgflow.repeats_of(p_bucket, g.runs, g.steps, g.firsts, g.counts) r;

    -- The outputs that their steps take, and what is recorded of the units themselves.
    return query
    select 5::smallint, o.run_id, null::bigint, null::int, o.step::int, o.index, o.attempts::int, o.kind, o.output, o.error
    from (
        select distinct t.run_id, t.period, k.step, k.first, k.count
        from unnest(v_new) n(id)
        cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
        cross join lateral (select x.takes from step x where x.version_id = t.version_id and x.number = t.step limit 1) s
        cross join lateral (
            select u.step, null::int as first, null::int as count from unnest(s.takes) u(step)
            union all select t.step, t.first, t.count
        ) k
    ) n
    cross join lateral (
        select * from outcome x
        where n.first is null and x.bucket = p_bucket and x.period = n.period and x.run_id = n.run_id and x.step = n.step
        union all
        select * from outcome x
        where n.first is not null and x.bucket = p_bucket and x.period = n.period and x.run_id = n.run_id and x.step = n.step
          and x.index >= n.first and x.index < n.first + n.count
        offset 0
    ) o
    order by o.run_id, o.step, o.index;

    return query select * from pgflow.signals_of(p_bucket, array(
        select distinct t.run_id from unnest(v_new) n(id)
        cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
        join step s on s.version_id = t.version_id and s.number = t.step and s.signal is not null));

    return query
    select 11::smallint, k.run_id, null::bigint, null::int, k.step::int, k.index, k.crashes::int,
           (case when k.suspect then 't' else 'f' end)::"char", null::jsonb, null::text
    from unnest(v_new) n(id)
    cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
    cross join lateral (
        select * from mark x
        where x.bucket = p_bucket and x.run_id = t.run_id and x.step = t.step and x.index >= t.first and x.index < t.first + t.count offset 0
    ) k
    where t.crashes > 0;

    return query
    select 9::smallint, t.run_id, t.id, t.version_id, t.step::int, t.first, t.attempts::int,
           (case when t.crashes > 0 then case when t.own then 'O' else 't' end when t.own then 'o' else 'f' end)::"char",
           case when t.first >= 0 then t.items else 'null' end, t.queue
    from unnest(v_new) n(id)
    cross join lateral (select * from task x where x.bucket = p_bucket and x.id = n.id limit 1) t
    order by t.id;
end $$;

-- What a worker is told of the runs it has claimed: their inputs, and the history of those that have one.
create function pgflow.claimed(p_bucket int, p_number bigint, p_queues text[], p_runs uuid[], p_known uuid[]) returns setof pgflow.answer
language plpgsql volatile
as $$
begin
    return query
    select 4::smallint, r.id, ceil(extract(epoch from r.deadline_at - pgflow.now()) * 1000)::bigint, r.version_id, case when r.parent_id is not null then 1 end,
           array_position(p_queues, r.queue), r.crashes::int,
           (case when r.checked then 't' else 'f' end)::"char", r.input, null::text
    from unnest(p_runs) with ordinality c(id, at)
    cross join lateral (
        select * from run x where x.bucket = p_bucket and x.period = pgflow.period_of_run(c.id) and x.id = c.id limit 1
    ) r
    order by c.at;
    if cardinality(p_known) > 0 then
        return query select * from pgflow.history(p_bucket, p_known);
    end if;
end $$;
