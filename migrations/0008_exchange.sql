-- Intent: the worker's round trip: fence, record what was done, hand on what waits or is too much, claim more.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- Everything of it commits together, or nothing.
--
-- An *entry* is a run of one of the worker's claims (e_claim; else 0) or a task that it holds (e_task; else 0). What belongs to an
-- entry names it by its place, from 1. An entry that the worker no longer holds is refused: nothing of it is written, and it is
-- reported. A list with nothing in it is null, which costs nothing.
--
--   p_number  the number of this call, which a claim gets. When it is repeated (p_repeated) and a claim of that number exists, it had
--             committed before and its reply was lost: nothing is written again, and the claimed runs are given again.
--   p_marker  the number of an earlier call whose reply has come: its empty claim (see below) can go.
--   p_queues  the queues of the worker.
--   p_priorities, p_seqs  low-water marks of each queue's versions, or null (see claim_runs).
--   p_max_runs, p_max_tasks, p_after_runs, p_after_tasks  of each queue; null where nothing is claimed.
--   e_fate    of a run: 0 it goes on, -1 it has failed and goes on with its last step (what is out of it is taken back), 1 completed, 2 failed, 3 cancelled,
--             4 parked: due in e_due_ms, or never by itself (-1); where a message has come, it stays with its owner,
--             5 handed back: due at once,
--             6 paused: due once it is resumed, and e_due_ms have passed; where somebody wants something else by now, handed back;
--             of a task: 0 it goes on, 1 nothing of it is left.
--   e_shared  of a run: whether it ever gave work away, or has lost an owner to a crash.
--   o_*       outcomes of units.
--   a_*       failed attempts that another one follows, a_retry_ms later; those of tasks become tasks of their own, with a_item.
--   m_*       the numbers of items of map steps.
--   s_*       units that are given away as tasks: ranges of items, or a plain step (s_first -1), to a queue (null: that of the run). A
--             single unit may have attempts behind it.
--   b_*       units that begin once this has committed, of runs and tasks that have lost a worker to a crash: the b_attempt-th attempt,
--             and whether nothing else will run beside it.
--   p_heard   messages that were heard, and can go.
--   p_watch   runs of this worker whose messages are wanted, and p_watch_from the items before which it knows all outcomes.
--   p_known   tasks that the worker knows it holds. With some, it is told which of them it no longer holds, and which attempts of them
--             were cancelled.
--
--   r_*       units that have asked to be executed again: the r_count-th time, r_wait_ms later, with this state; those of tasks become
--             tasks of their own, with r_item.
--   c_*       children that units of owned runs start: the unit's c_number-th attempt, with this input; in c_queue (null: that of the
--             run), with so long to go (null: without a limit).
--   p_families  runs among the entries that have a parent, or children: where they end, these are told.
--
-- Locks: worker (key share), task, share, mark, claim (its own), run (for update: those parked or woken), inbox, ready.
create function pgflow.exchange(
    p_bucket int, p_worker int, p_number bigint, p_repeated boolean, p_marker bigint, p_queues text[], p_versions int[], p_priorities int[],
    p_seqs bigint[], p_max_runs int[], p_max_tasks int[], p_after_runs text[], p_after_tasks text[],
    e_run uuid[], e_period int[], e_claim bigint[], e_task bigint[], e_fate smallint[], e_due_ms bigint[], e_shared boolean[], e_error text[],
    o_entry int[], o_step smallint[], o_index int[], o_kind "char"[], o_attempts smallint[], o_duration_ms real[], o_output jsonb[],
    o_error text[],
    a_entry int[], a_step smallint[], a_index int[], a_number smallint[], a_duration_ms real[], a_retry_ms bigint[], a_error text[],
    a_item jsonb[],
    m_entry int[], m_step smallint[], m_items int[],
    s_entry int[], s_step smallint[], s_first int[], s_count int[], s_attempts smallint[], s_queue text[], s_items jsonb[],
    b_entry int[], b_step smallint[], b_index int[], b_attempt smallint[], b_alone boolean[],
    p_heard bigint[], p_watch uuid[], p_watch_from int[], p_known bigint[],
    r_entry int[] default null, r_step smallint[] default null, r_index int[] default null, r_count int[] default null,
    r_attempts smallint[] default null, r_wait_ms bigint[] default null, r_state jsonb[] default null, r_item jsonb[] default null,
    c_entry int[] default null, c_step smallint[] default null, c_index int[] default null, c_number smallint[] default null,
    c_version int[] default null, c_queue text[] default null, c_deadline_ms bigint[] default null, c_input jsonb[] default null,
    p_families uuid[] default null
) returns setof pgflow.answer
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := pgflow.now();
    v_tasks boolean := coalesce(0 < any(e_task), false);
    v_alive boolean := pgflow.fence(p_bucket, p_worker);
    v_shared uuid[] := '{}';
    v_paused uuid[] := '{}';
    v_recalled uuid[];
    v_recalled_steps smallint[];
    v_refused bigint[] := '{}';
    v_conflicts bigint[] := '{}';
    v_back uuid[];
    v_failing uuid[];
    v_parked uuid[] := '{}';
    v_left uuid[] := '{}';
    v_left_claims bigint[] := '{}';
    v_woken uuid[] := '{}';
    v_woken_steps smallint[];
    v_runs uuid[] := '{}';
    v_known uuid[] := '{}';
    v_last record;
    v_sums record;
    v_added uuid[];
    v_added_steps smallint[];
    v_rows int;
    v_setting text;
    v_after text[] := p_after_tasks;
begin
    if e_run is null and p_heard is null then
        -- A claim promises nothing to anybody, so its commit need not wait for the disk: where the server crashes and loses it, the run is
        -- queued again, and its former owner's outcomes are refused. Whatever commits later waits for it as well.
        v_setting := set_config('synchronous_commit', 'off', true);
    end if;

    if p_repeated then
        select c.runs into v_runs from claim c where c.bucket = p_bucket and c.worker_id = p_worker and c.number = p_number;
    end if;
    if p_repeated and found then
        return query
        select 3::smallint, e.run_id, null::bigint, null::int, null::int, null::int, null::int, null::"char", null::jsonb, null::text
        from unnest(e_run, e_claim, e_fate) e(run_id, claim, fate)
        where e.fate >= 4 and not exists (
            select from claim c where c.bucket = p_bucket and c.worker_id = p_worker and c.number = e.claim and e.run_id = any(c.runs));
        return query
        select 1::smallint, null::uuid, e.at, null::int, null::int, null::int, null::int, null::"char", null::jsonb, null::text
        from unnest(e_run, e_claim, e_task, e_fate) with ordinality e(run_id, claim, task, fate, at)
        where e.fate <= 0 and not case when e.claim > 0
            then exists (select from claim c where c.bucket = p_bucket and c.worker_id = p_worker and c.number = e.claim
                                               and e.run_id = any(c.runs))
            else exists (select from task t where t.bucket = p_bucket and t.id = e.task and t.worker_id = p_worker) end;
        return query select * from pgflow.claimed(p_bucket, p_number, p_queues, v_runs, v_runs);
        return query select * from pgflow.messages(p_bucket, p_watch, p_watch_from, p_queues);
        if p_max_tasks is not null or p_known is not null then
            return query select * from pgflow.held_tasks(p_bucket, p_worker, coalesce(p_known, '{}'));
        end if;
        return;
    end if;
    if p_marker > 0 then
        delete from claim c where c.bucket = p_bucket and c.worker_id = p_worker and c.number = p_marker and c.runs = '{}';
    end if;

    -- Are the entries this worker's? ----------------------------------------------------------------------------------------
    if true = any(e_shared) then
        select coalesce(array_agg(e.run_id) filter (where e.fate <= 3), '{}'), coalesce(array_agg(e.run_id) filter (where e.fate = 6), '{}')
        into v_shared, v_paused
        from unnest(e_run, e_fate, e_shared) e(run_id, fate, shared) where e.shared and e.fate in (-1, 1, 2, 3, 6);
    end if;
    if v_tasks or cardinality(v_shared) + cardinality(v_paused) > 0 then
        -- The tasks that it holds, and those of runs that end or pause here, whoever holds them: all in one order.
        perform from (
            select e.id from unnest(e_task) e(id) where e.id > 0
            union
            select t.id from unnest(v_shared || v_paused) e(run_id)
            cross join lateral (select x.id from task x where x.bucket = p_bucket and x.run_id = e.run_id offset 0) t
            order by 1
        ) n
        cross join lateral (select from task x where x.bucket = p_bucket and x.id = n.id limit 1 for update) t;
    end if;
    if cardinality(e_run) > 0 then
        v_refused := array(
            select e.at
            from unnest(e_run, e_claim, e_task) with ordinality e(run_id, claim, task, at)
            where not case when e.claim > 0
                then exists (select from claim c where c.bucket = p_bucket and c.worker_id = p_worker and c.number = e.claim
                                                   and e.run_id = any(c.runs))
                else exists (select from task t where t.bucket = p_bucket and t.id = e.task and t.worker_id = p_worker) end
        );
    end if;

    -- What was done ------------------------------------------------------------------------------------------------------------
    if cardinality(o_entry) > 0 and not p_repeated then
        -- Without `on conflict`, which takes half as long again. Rows that stand already end the call, and it is repeated.
        insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output, error)
        select p_bucket, e_period[o.entry], e_run[o.entry], o.index, o.step, o.attempts, p_worker, o.duration_ms, v_now, o.kind, o.output,
               o.error
        from unnest(o_entry, o_step, o_index, o_kind, o_attempts, o_duration_ms, o_output, o_error)
             o(entry, step, index, kind, attempts, duration_ms, output, error)
        where not o.entry = any(v_refused);
    elsif cardinality(o_entry) > 0 then
        insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output, error)
        select p_bucket, e_period[o.entry], e_run[o.entry], o.index, o.step, o.attempts, p_worker, o.duration_ms, v_now, o.kind, o.output,
               o.error
        from unnest(o_entry, o_step, o_index, o_kind, o_attempts, o_duration_ms, o_output, o_error)
             o(entry, step, index, kind, attempts, duration_ms, output, error)
        where not o.entry = any(v_refused)
        on conflict do nothing;

        -- Rows that stood already: the same ones, of a call that is repeated; or else the entry is refused.
        v_conflicts := array(
            select distinct o.entry::bigint
            from unnest(o_entry, o_step, o_index, o_kind, o_output) o(entry, step, index, kind, output)
            cross join lateral (
                select * from outcome x
                where x.bucket = p_bucket and x.period = e_period[o.entry] and x.run_id = e_run[o.entry] and x.step = o.step
                  and x.index = o.index
                limit 1
            ) x
            where e_claim[o.entry] > 0
              and (x.worker_id <> p_worker or x.kind <> o.kind or x.output is distinct from o.output)
              and not o.entry = any(v_refused)
        );
        v_refused := v_refused || v_conflicts;
    end if;
    if cardinality(m_entry) > 0 then
        insert into map (bucket, period, run_id, step, items)
        select p_bucket, e_period[m.entry], e_run[m.entry], m.step, m.items
        from unnest(m_entry, m_step, m_items) m(entry, step, items)
        where not m.entry = any(v_refused)
        on conflict do nothing;
    end if;
    if cardinality(a_entry) > 0 then
        with recorded as (
            insert into attempt as x (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error)
            select p_bucket, e_period[a.entry], e_run[a.entry], a.index, a.step, a.number, p_worker, a.duration_ms, v_now,
                   v_now + a.retry_ms * interval '1 millisecond', a.error
            from unnest(a_entry, a_step, a_index, a_number, a_duration_ms, a_retry_ms, a_error)
                 a(entry, step, index, number, duration_ms, retry_ms, error)
            where not a.entry = any(v_refused)
            on conflict do nothing
            returning x.run_id, x.step, x.index, x.number
        ), added as (
            -- The retry of a shared unit is a task of its own: it may run anywhere, later. Where the run is paused, whoever has it next
            -- finds the failed attempt.
            insert into task as x (bucket, run_id, period, version_id, first, count, step, attempts, crashes, own, due, available_at,
                                   priority, turn, queue, namespace, items)
            select p_bucket, t.run_id, t.period, t.version_id, a.index, 1, t.step, a.number, t.crashes, true, a.retry_ms = 0,
                   v_now + a.retry_ms * interval '1 millisecond', t.priority, t.turn, t.queue, t.namespace,
                   case when a.item is not null then jsonb_build_array(a.item) end
            from unnest(a_entry, a_step, a_index, a_number, a_retry_ms, a_item) a(entry, step, index, number, retry_ms, item)
            cross join lateral (select * from task y where y.bucket = p_bucket and y.id = e_task[a.entry] limit 1) t
            join recorded r on r.run_id = t.run_id and r.step = a.step and r.index = a.index and r.number = a.number
            where e_task[a.entry] > 0
              and not exists (select from ready q where q.bucket = p_bucket and q.run_id = t.run_id and q.paused)
            returning x.run_id, x.step
        )
        select array_agg(d.run_id), array_agg(d.step) into v_added, v_added_steps from added d;
    end if;

    if cardinality(r_entry) > 0 then
        select v_added || r.o_runs, v_added_steps || r.o_steps into v_added, v_added_steps
        from pgflow.repeat_units(p_bucket, e_run, e_period, e_task, v_refused, v_now, r_entry, r_step, r_index, r_count, r_attempts, r_wait_ms,
                                 r_state, r_item) r;
    end if;

    if cardinality(c_entry) > 0 then
        perform pgflow.start_children(p_bucket, e_run, e_period, v_refused, v_now, c_entry, c_step, c_index, c_number, c_version, c_queue,
                                      c_deadline_ms, c_input);
    end if;

    -- What is left of shared work ------------------------------------------------------------------------------------------------
    if cardinality(v_paused) > 0 then
        -- Nothing more of them is to begin. What others execute goes on to its end.
        v_paused := array(select e.run_id from unnest(e_run, e_fate) with ordinality e(run_id, fate, at)
                          where e.run_id = any(v_paused) and e.fate = 6 and not e.at = any(v_refused));
        select array_agg(r.run_id), array_agg(r.step) into v_recalled, v_recalled_steps from pgflow.recall_tasks(p_bucket, v_paused) r;
    end if;
    if v_tasks or v_recalled is not null then
        with gone as (
            delete from task x
            where x.ctid = any(array(
                select t.ctid from unnest(e_task, e_fate) with ordinality e(task, fate, at)
                cross join lateral (select y.ctid from task y where y.bucket = p_bucket and y.id = e.task limit 1) t
                where e.task > 0 and e.fate = 1 and not e.at = any(v_refused)))
            returning x.run_id, x.step
        ), changes as (
            select g.run_id, g.step, 1 as done, false as failed from gone g
            union all select r.run_id, r.step, 1, false from unnest(v_recalled, v_recalled_steps) r(run_id, step)
            union all select d.run_id, d.step, -1, false from unnest(v_added, v_added_steps) d(run_id, step)
            union all select e_run[o.entry], o.step, 0, true from unnest(o_entry, o_step, o_index, o_kind) o(entry, step, index, kind)
                      where o.kind = 'f' and e_task[o.entry] > 0 and not o.entry = any(v_refused)
                        -- Unless its own transaction had committed after all.
                        and exists (select from outcome x
                                    where x.bucket = p_bucket and x.period = e_period[o.entry] and x.run_id = e_run[o.entry]
                                      and x.step = o.step and x.index = o.index and x.kind = 'f')
        ), sums as (
            select c.run_id, c.step, sum(c.done)::int as done, bool_or(c.failed) as failed from changes c
            group by c.run_id, c.step having sum(c.done) <> 0 or bool_or(c.failed)
        )
        select array_agg(s.run_id) as runs, array_agg(s.step) as steps, array_agg(s.done) as done, array_agg(s.failed) as failed
        into v_sums from sums s;

        if v_sums.runs is not null then
            select coalesce(array_agg(l.run_id), '{}'), array_agg(l.step) into v_woken, v_woken_steps
            from pgflow.lower_shares(p_bucket, v_sums.runs, v_sums.steps, v_sums.done, v_sums.failed) l
            where not l.run_id = any(v_paused);
        end if;
    end if;

    -- What is given away -------------------------------------------------------------------------------------------------------
    if cardinality(s_entry) > 0 then
        insert into share as x (bucket, run_id, step, remaining)
        select p_bucket, e_run[s.entry], s.step, count(*)
        from unnest(s_entry, s_step) s(entry, step)
        where not s.entry = any(v_refused)
        group by e_run[s.entry], s.step
        order by 2, 3
        on conflict (bucket, run_id, step) do update set remaining = x.remaining + excluded.remaining;

        insert into task (bucket, run_id, period, version_id, first, count, step, attempts, crashes, own, due, available_at, priority, turn,
                          queue, namespace, items)
        select p_bucket, r.id, r.period, r.version_id, s.first, s.count, s.step, s.attempts, r.crashes,
               s.attempts > 0 or s.count = 1 and exists (
                   select from repeat x where x.bucket = p_bucket and x.period = r.period and x.run_id = r.id and x.step = s.step and x.index = s.first),
               true, v_now, r.priority,
               -- A run's tasks follow one another, from the head of the queue on.
               (greatest(h.turn, l.turn + 1, 0) + row_number() over (partition by r.id, q.name order by s.at) - 1)::int, q.name, r.namespace, s.items
        from unnest(s_entry, s_step, s_first, s_count, s_attempts, s_queue, s_items)
             with ordinality s(entry, step, first, count, attempts, queue, items, at)
        cross join lateral (
            select * from run x where x.bucket = p_bucket and x.period = e_period[s.entry] and x.id = e_run[s.entry] limit 1
        ) r
        cross join lateral (select coalesce(s.queue, r.queue) as name) q
        left join lateral (
            select * from (
                select x.turn from task x
                where r.namespace = '' and x.bucket = p_bucket and x.queue = q.name and x.version_id = r.version_id
                  and -x.priority = -r.priority and x.namespace = '' and x.worker_id is null and x.due
                order by x.turn limit 1
            ) plain
            union all
            select * from (
                select x.turn from task x
                where r.namespace <> '' and x.bucket = p_bucket and x.queue = q.name and x.version_id = r.version_id
                  and x.namespace = r.namespace and -x.priority = -r.priority and x.namespace <> '' and x.worker_id is null and x.due
                order by x.turn limit 1
            ) spaced
        ) h on true
        left join lateral (
            select max(x.turn) as turn from task x
            where x.bucket = p_bucket and x.run_id = r.id and x.queue = q.name and x.worker_id is null and x.due
        ) l on true
        where not s.entry = any(v_refused)
        order by s.at;
    end if;

    -- What begins --------------------------------------------------------------------------------------------------------------------
    if cardinality(b_entry) > 0 then
        insert into mark (bucket, run_id, step, index, attempt, alone, worker_id)
        select p_bucket, e_run[b.entry], b.step, b.index, b.attempt, b.alone, p_worker
        from unnest(b_entry, b_step, b_index, b_attempt, b_alone) b(entry, step, index, attempt, alone)
        where not b.entry = any(v_refused)
        order by 2, 3, 4
        on conflict (bucket, run_id, step, index)
        do update set attempt = excluded.attempt, alone = excluded.alone, worker_id = excluded.worker_id;
    end if;

    -- What ends, parks, and is woken -------------------------------------------------------------------------------------------
    if 0 < any(e_fate) then
        select coalesce(array_agg(e.run_id) filter (where e.fate >= 4), '{}'),
               coalesce(array_agg(e.run_id) filter (where e.fate between 1 and 3), '{}'),
               coalesce(array_agg(distinct e.claim), '{}')
        into v_parked, v_left, v_left_claims
        from unnest(e_run, e_claim, e_fate) with ordinality e(run_id, claim, fate, at)
        where e.claim > 0 and e.fate > 0 and not e.at = any(v_refused);
    end if;

    if cardinality(v_left) > 0 then
        insert into run_end (bucket, period, run_id, ended_at, status, error)
        select p_bucket, e.period, e.run_id, v_now, (array['c', 'f', 'x'])[e.fate]::"char", e.error
        from unnest(e_run, e_period, e_claim, e_fate, e_error) with ordinality e(run_id, period, claim, fate, error, at)
        where e.claim > 0 and e.fate between 1 and 3 and not e.at = any(v_refused);

        -- Whatever of it is still out elsewhere.
        if cardinality(v_shared) > 0 then
            v_shared := array(select x from unnest(v_shared) x where x = any(v_left));
            perform pgflow.take_back(p_bucket, v_shared);
            -- This call may have brought the last of what was out itself.
            if cardinality(v_woken) > 0 then
                select coalesce(array_agg(w.run_id), '{}'), array_agg(w.step) into v_woken, v_woken_steps
                from unnest(v_woken, v_woken_steps) w(run_id, step) where not w.run_id = any(v_shared);
            end if;
        end if;
    end if;

    if -1 = any(e_fate) then
        v_failing := array(
            select e.run_id from unnest(e_run, e_fate, e_shared) with ordinality e(run_id, fate, shared, at)
            where e.fate = -1 and e.shared and not e.at = any(v_refused));
        perform pgflow.take_back_work(p_bucket, v_failing, false);
        if cardinality(v_woken) > 0 then
            select coalesce(array_agg(w.run_id), '{}'), array_agg(w.step) into v_woken, v_woken_steps
            from unnest(v_woken, v_woken_steps) w(run_id, step) where not w.run_id = any(v_failing);
        end if;
    end if;

    if cardinality(p_families) > 0 then
        perform pgflow.end_families(p_bucket, array(
            select e.run_id from unnest(e_run, e_claim, e_fate) with ordinality e(run_id, claim, fate, at)
            where e.claim > 0 and (e.fate between 1 and 3 or e.fate = -1) and e.run_id = any(p_families) and not e.at = any(v_refused)));
    end if;

    v_back := array(select e_run[c.at] from unnest(v_conflicts) c(at));
    if cardinality(v_parked) + cardinality(v_back) > 0 then
        perform pgflow.lock_runs(p_bucket, v_parked || v_woken || v_back);
    end if;
    if cardinality(p_heard) > 0 then
        delete from inbox
        where ctid = any(array(
            select i.ctid from unnest(p_heard) h(id)
            cross join lateral (select x.ctid, x.run_id from inbox x where x.bucket = p_bucket and x.id = h.id limit 1) i
            -- What was heard of a run that goes to somebody else, that one is to hear.
            where not i.run_id = any(v_back)));
    end if;
    if cardinality(v_parked) > 0 then
        -- Read after the lock: a run for which a message has come meanwhile stays with its owner.
        v_parked := array(
            select e.run_id from unnest(e_run, e_fate) e(run_id, fate)
            where e.run_id = any(v_parked) and e.fate >= 4
              and (e.fate >= 5 or not exists (select from inbox i where i.bucket = p_bucket and i.run_id = e.run_id)));

        insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, paused, queue, namespace)
        select p_bucket, r.id, r.period, r.version_id, r.priority,
               case when s.back then v_now when e.due_ms < 0 then 'infinity' else v_now + e.due_ms * interval '1 millisecond' end,
               s.back or e.fate = 4 and e.due_ms = 0, false, e.fate = 6 and not s.back, r.queue, r.namespace
        from unnest(e_run, e_period, e_fate, e_due_ms) e(run_id, period, fate, due_ms)
        cross join lateral (select * from run x where x.bucket = p_bucket and x.period = e.period and x.id = e.run_id limit 1) r
        cross join lateral (
            select e.fate = 5 or e.fate = 6 and exists (
                select from inbox i where i.bucket = p_bucket and i.run_id = e.run_id and i.kind in ('x', 'r')) as back
        ) s
        where e.fate >= 4 and e.run_id = any(v_parked);
        v_left := v_left || v_parked;
    end if;

    -- A run whose outcomes are others than its owner thinks goes back to the queue, to be taken up from what is recorded.
    if cardinality(v_conflicts) > 0 then
        insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
        select p_bucket, r.id, r.period, r.version_id, r.priority, v_now, true, false, r.queue, r.namespace
        from unnest(v_conflicts) c(at)
        cross join lateral (select * from run x where x.bucket = p_bucket and x.period = e_period[c.at] and x.id = e_run[c.at] limit 1) r;
        v_left := v_left || v_back;
        v_left_claims := array(select unnest(v_left_claims) union select e_claim[c.at] from unnest(v_conflicts) c(at));
    end if;

    if cardinality(v_left) > 0 then
        delete from claim
        where ctid = any(array(
            select c.ctid from unnest(v_left_claims) n(number)
            cross join lateral (
                select x.ctid, x.runs from claim x where x.bucket = p_bucket and x.worker_id = p_worker and x.number = n.number limit 1
            ) c
            where not exists (select unnest(c.runs) except select unnest(v_left))));
        get diagnostics v_rows = row_count;
        if v_rows < cardinality(v_left_claims) then
            update claim set runs = array(select unnest(runs) except select unnest(v_left))
            where ctid = any(array(
                select c.ctid from unnest(v_left_claims) n(number)
                cross join lateral (
                    select x.ctid from claim x where x.bucket = p_bucket and x.worker_id = p_worker and x.number = n.number limit 1
                ) c));
        end if;
    end if;
    if cardinality(v_woken) > 0 then
        perform pgflow.wake(p_bucket, v_woken, v_woken_steps, 's');
    end if;

    -- More work --------------------------------------------------------------------------------------------------------------------
    if p_max_tasks is not null then
        v_after := pgflow.claim_tasks(p_bucket, p_worker, p_queues, p_max_tasks, p_after_tasks, p_versions);
    end if;
    v_runs := '{}';
    if p_max_runs is not null then
        select * into v_last
        from pgflow.claim_runs(p_bucket, p_worker, p_number, p_queues, p_max_runs, p_after_runs, p_versions, p_priorities, p_seqs);
        v_runs := v_last.o_runs;
        v_known := v_last.o_known;
    end if;
    if cardinality(v_runs) = 0 and cardinality(s_entry) > 0 then
        -- Work must not be given away twice: an empty claim says that this call has committed.
        insert into claim (bucket, worker_id, number, claimed_at, runs) values (p_bucket, p_worker, p_number, v_now, '{}');
    end if;

    -- The answer -------------------------------------------------------------------------------------------------------------------
    if cardinality(v_refused) + cardinality(v_woken) + cardinality(v_parked) > 0 then
        return query
        select x.kind, x.run_id, x.number, null::int, null::int, null::int, null::int, null::"char", null::jsonb, null::text
        from (
            select 1::smallint, null::uuid, r from unnest(v_refused) r
            union all select 2::smallint, w, null from unnest(v_woken) w
            union all select 3::smallint, p, null from unnest(v_parked) p
        ) x(kind, run_id, number);
    end if;
    if cardinality(v_runs) > 0 then
        return query select * from pgflow.claimed(p_bucket, p_number, p_queues, v_runs, v_known);
        return query
        select 12::smallint, null::uuid, l.seq, l.version, l.queue, l.priority, null::int, null::"char", null::jsonb, null::text
        from unnest(v_last.o_queues, v_last.o_versions, v_last.o_priorities, v_last.o_seqs) l(queue, version, priority, seq);
    end if;
    if p_max_runs is not null then
        if v_last.o_after is distinct from p_after_runs then
            return query select * from pgflow.turns('r', v_last.o_after);
        end if;
    end if;
    if v_after is distinct from p_after_tasks then
        return query select * from pgflow.turns('t', v_after);
    end if;
    if cardinality(p_watch) > 0 then
        return query select * from pgflow.messages(p_bucket, p_watch, p_watch_from, p_queues);
    end if;
    if p_max_tasks is not null or p_known is not null then
        return query select * from pgflow.held_tasks(p_bucket, p_worker, coalesce(p_known, '{}'));
    end if;
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
