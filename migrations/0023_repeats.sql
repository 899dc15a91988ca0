-- Intent: units that ask to be executed again, after a time and with a state.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- What a unit has to remember stands in one row, which each repetition replaces. A unit of a task becomes a task of its own with that, as
-- one that has failed does.

-- Keeps what units have asked for, and makes the tasks of those that were tasks' (see exchange). What stands already, since the call is
-- repeated, is left alone. Where a run is paused, whoever has it next finds what its units have asked for.
--
-- Locks: repeat (by key); task is inserted only.
create function pgflow.repeat_units(
    p_bucket int, e_run uuid[], e_period int[], e_task bigint[], p_refused bigint[], p_now timestamptz,
    r_entry int[], r_step smallint[], r_index int[], r_count int[], r_attempts smallint[], r_wait_ms bigint[], r_state jsonb[], r_item jsonb[],
    out o_runs uuid[], out o_steps smallint[]
)
language plpgsql volatile
as $$
begin
    with asked as (
        insert into repeat as x (bucket, period, run_id, step, index, count, attempts, began_at, due_at, handed, state)
        select p_bucket, e_period[r.entry], e_run[r.entry], r.step, r.index, r.count, r.attempts, p_now,
               p_now + r.wait_ms * interval '1 millisecond', true, r.state
        from unnest(r_entry, r_step, r_index, r_count, r_attempts, r_wait_ms, r_state)
             r(entry, step, index, count, attempts, wait_ms, state)
        where not r.entry = any(p_refused)
        order by 3, 4, 5
        on conflict (bucket, period, run_id, step, index)
        do update set count = excluded.count, attempts = excluded.attempts, due_at = excluded.due_at, handed = true, state = excluded.state
        where x.count < excluded.count or x.count = excluded.count and not x.handed
        returning x.run_id, x.step, x.index, x.due_at
    ), added as (
        insert into task as x (bucket, run_id, period, version_id, first, count, step, attempts, crashes, own, due, available_at, priority,
                               turn, queue, namespace, items)
        select p_bucket, t.run_id, t.period, t.version_id, r.index, 1, t.step, r.attempts, t.crashes, true, r.wait_ms = 0, a.due_at, t.priority,
               t.turn, t.queue, t.namespace, case when r.item is not null then jsonb_build_array(r.item) end
        from unnest(r_entry, r_step, r_index, r_attempts, r_wait_ms, r_item) r(entry, step, index, attempts, wait_ms, item)
        cross join lateral (select * from task y where y.bucket = p_bucket and y.id = e_task[r.entry] limit 1) t
        join asked a on a.run_id = t.run_id and a.step = r.step and a.index = r.index
        where e_task[r.entry] > 0
          and not exists (select from ready q where q.bucket = p_bucket and q.run_id = t.run_id and q.paused)
        returning x.run_id, x.step
    )
    select coalesce(array_agg(d.run_id), '{}'), coalesce(array_agg(d.step), '{}') into o_runs, o_steps from added d;
end $$;

-- The units of runs that have asked to be executed again, and have no outcome; or those of them that belong to tasks: p_counts units
-- of p_steps from p_firsts on.
create function pgflow.repeats_of(p_bucket int, p_runs uuid[], p_steps smallint[], p_firsts int[], p_counts int[]) returns setof pgflow.answer
language plpgsql volatile
as $$
declare
    v_now timestamptz := pgflow.now();
begin
    return query
    select 19::smallint, r.run_id, greatest(ceil(extract(epoch from r.due_at - v_now) * 1000), 0)::bigint, r.attempts::int, r.step::int, r.index,
           r.count, (case when r.handed then 't' else 'f' end)::"char",
           jsonb_build_object('state', r.state, 'since_ms', floor(extract(epoch from v_now - r.began_at) * 1000)::bigint), null::text
    from unnest(p_runs, p_steps, p_firsts, p_counts) w(id, step, first, count)
    cross join lateral (
        select * from repeat x
        where w.step is null and x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id
        union all
        select * from repeat x
        where w.step is not null and x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id and x.step = w.step
          and x.index >= w.first and x.index < w.first + w.count
        offset 0
    ) r
    where not exists (
        select from outcome o
        where o.bucket = p_bucket and o.period = r.period and o.run_id = r.run_id and o.step = r.step and o.index = r.index);
end $$;

-- The last statement before the COMMIT of a step's transaction that asks to be executed again: keeps what it has to remember, or raises.
-- See commit_step.
--
-- Locks: worker (key share), task or claim (for share), repeat.
create function pgflow.commit_repeat(
    p_bucket int, p_worker int, p_mark text, p_claim bigint, p_task bigint, p_run uuid, p_period int, p_step smallint, p_index int,
    p_count int, p_attempts smallint, p_wait_ms bigint, p_state jsonb
) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz;
begin
    perform pgflow.guard_step(p_bucket, p_worker, p_mark, p_claim, p_task, p_run);
    v_now := pgflow.now();
    insert into repeat as x (bucket, period, run_id, step, index, count, attempts, began_at, due_at, handed, state)
    values (p_bucket, p_period, p_run, p_step, p_index, p_count, p_attempts, v_now, v_now + p_wait_ms * interval '1 millisecond', p_claim > 0,
            p_state)
    on conflict (bucket, period, run_id, step, index)
    do update set count = excluded.count, attempts = excluded.attempts, due_at = excluded.due_at, handed = excluded.handed, state = excluded.state
    where x.count < excluded.count;
    if not found then
        raise exception 'the step has asked for its repetition number % before', p_count using errcode = '23505';
    end if;
end $$;

-- Whether a unit has asked for its repetition of this number. Asked after a COMMIT whose answer was lost. That one may still be under
-- way on the server: it is waited for.
create function pgflow.has_repeated(p_bucket int, p_period int, p_run uuid, p_step smallint, p_index int, p_count int) returns boolean
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    begin
        insert into repeat (bucket, period, run_id, step, index, count, attempts, began_at, due_at, handed, state)
        values (p_bucket, p_period, p_run, p_step, p_index, 0, 0, pgflow.now(), pgflow.now(), false, 'null');
        raise exception 'the unit has asked for nothing' using errcode = 'PF004';
    exception
        when sqlstate 'PF004' then return false;
        when unique_violation then null;
    end;
    return coalesce((
        select r.count >= p_count from repeat r
        where r.bucket = p_bucket and r.period = p_period and r.run_id = p_run and r.step = p_step and r.index = p_index
        for update), false);
end $$;
