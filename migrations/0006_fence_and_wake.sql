-- Intent: what every write of a worker begins with (the fence), and how a run that waits is woken.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- Functions without settings of their own are called by other functions of this schema only, and have theirs: setting the search path
-- alone takes 20 microseconds.

-- Refuses a worker that is dead or unknown, and keeps it from being declared dead until the end of the transaction. The advisory
-- lock tells recovery which backends act for the worker, whatever pooler stands between.
--
-- Gives true, so that it can be called by an assignment: plpgsql evaluates one without a statement's executor.
--
-- Locks: worker (key share).
create function pgflow.fence(p_bucket int, p_worker int) returns boolean
language plpgsql volatile
as $$
declare
    v_locked text := pg_advisory_xact_lock_shared(hashtext('pgflow.worker'), p_worker);
begin
    perform from worker where bucket = p_bucket and id = p_worker and dead_at is null for key share;
    if not found then
        raise exception 'worker % counts as dead: its runs have been handed on', p_worker using errcode = 'PF001';
    end if;
    return true;
end $$;

-- Locks the rows of runs, in order.
--
-- Locks: run (for update, by id).
create function pgflow.lock_runs(p_bucket int, p_runs uuid[]) returns void
language plpgsql volatile
as $$
begin
    perform from (select distinct u.id from unnest(p_runs) u(id) order by u.id) w
    cross join lateral (
        select from run r where r.bucket = p_bucket and r.period = pgflow.period_of_run(w.id) and r.id = w.id limit 1 for update
    ) r;
end $$;

-- Wakes runs: leaves a message for each (of the kind, about the step) and makes the parked ones due. A run that is owned is left
-- alone: its owner finds the message. So is one that is paused: whoever has it once it is resumed finds the message.
--
-- Locks: run (for update, by id), inbox (insert), ready.
create function pgflow.wake(p_bucket int, p_runs uuid[], p_steps smallint[], p_kind "char") returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    perform pgflow.lock_runs(p_bucket, p_runs);

    insert into inbox (bucket, run_id, sent_at, step, kind)
    select p_bucket, w.run_id, pgflow.now(), w.step, p_kind from unnest(p_runs, p_steps) w(run_id, step);
    perform pgflow.make_due(p_bucket, p_runs);
end $$;

-- Makes parked runs due, after a message to them; those that have not begun, and are to at a later time, are no parked ones.
--
-- Locks: ready (for update, by run).
create function pgflow.make_due(p_bucket int, p_runs uuid[]) returns void
language plpgsql volatile
as $$
begin
    -- Where a claim is deleting the row, this waits for it and then finds none: the new owner reads the message.
    perform from (select distinct u.id from unnest(p_runs) u(id) order by u.id) w
    cross join lateral (select from ready r where r.bucket = p_bucket and r.run_id = w.id and not (r.due or r.paused or r.fresh) limit 1 for update) r;
    update ready set due = true, available_at = pgflow.now(), seq = default
    where ctid = any(array(
        select q.ctid
        from unnest(p_runs) w(id)
        cross join lateral (select r.ctid from ready r where r.bucket = p_bucket and r.run_id = w.id and not (r.due or r.paused or r.fresh) limit 1) q));
end $$;

-- Lowers the number of tasks of shared steps by those that are gone, and gives the (run, step) whose owner is to be woken: no task of
-- the step is left, or a unit has failed for good: once each, for a share with a failure wakes nobody again.
--
-- Locks: share (by run and step).
create function pgflow.lower_shares(p_bucket int, p_runs uuid[], p_steps smallint[], p_done int[], p_failed boolean[])
returns table (run_id uuid, step smallint)
language plpgsql volatile
as $$
begin
    -- Locked in a statement of its own: one that waited for the lock would still update what it saw before.
    perform from (select * from unnest(p_runs, p_steps) u(run_id, step) order by u.run_id, u.step) u
    cross join lateral (
        select from share x where x.bucket = p_bucket and x.run_id = u.run_id and x.step = u.step limit 1 for update
    ) x;

    return query
    select u.run_id, u.step
    from unnest(p_runs, p_steps, p_done, p_failed) u(run_id, step, done, failed)
    cross join lateral (
        select from share x
        where x.bucket = p_bucket and x.run_id = u.run_id and x.step = u.step and not x.failed and (x.remaining <= u.done or u.failed)
        limit 1
    ) x;

    update share s set remaining = greatest(s.remaining - l.done, 0), failed = s.failed or l.failed
    from (
        select q.ctid, u.done, u.failed
        from unnest(p_runs, p_steps, p_done, p_failed) u(run_id, step, done, failed)
        cross join lateral (
            select x.ctid from share x where x.bucket = p_bucket and x.run_id = u.run_id and x.step = u.step limit 1
        ) q
        offset 0
    ) l
    where s.ctid = l.ctid;

    delete from share s
    where s.ctid = any(array(
        select q.ctid
        from unnest(p_runs, p_steps) u(run_id, step)
        cross join lateral (
            select x.ctid from share x
            where x.bucket = p_bucket and x.run_id = u.run_id and x.step = u.step and x.remaining = 0 limit 1
        ) q));
end $$;

-- Takes back whatever is out of runs that end, and what was noted of them. A task that was taken meanwhile, or followed by its retry,
-- is passed over once that has committed, and found at its new place by the next turn.
--
-- Locks: task, share, mark, inbox.
create function pgflow.take_back(p_bucket int, p_runs uuid[]) returns void
language plpgsql volatile
as $$
begin
    perform pgflow.take_back_work(p_bucket, p_runs, true);
end $$;

-- Takes back whatever is out of runs. Where they do not end with that (p_ends), for a step is still to be executed since they have failed,
-- what is noted of that step stays, and what people want of them.
--
-- Locks: task, share, mark, inbox.
create function pgflow.take_back_work(p_bucket int, p_runs uuid[], p_ends boolean) returns void
language plpgsql volatile
as $$
begin
    while exists (
        select from unnest(p_runs) w(id)
        cross join lateral (select from task y where y.bucket = p_bucket and y.run_id = w.id limit 1) x
    ) loop
        delete from task
        where ctid = any(array(
            select x.ctid from unnest(p_runs) w(id)
            cross join lateral (select y.ctid from task y where y.bucket = p_bucket and y.run_id = w.id offset 0) x));
    end loop;
    delete from share
    where ctid = any(array(
        select x.ctid from unnest(p_runs) w(id)
        cross join lateral (select y.ctid from share y where y.bucket = p_bucket and y.run_id = w.id offset 0) x));
    delete from mark
    where ctid = any(array(
        select x.ctid from unnest(p_runs) w(id)
        cross join lateral (
            select y.ctid from mark y
            where y.bucket = p_bucket and y.run_id = w.id
              and (p_ends or not exists (
                  select from run r join step s on s.version_id = r.version_id and s.number = y.step and s.on_failure
                  where r.bucket = y.bucket and r.period = pgflow.period_of_run(y.run_id) and r.id = y.run_id))
            offset 0
        ) x));
    delete from inbox
    where ctid = any(array(
        select x.ctid from unnest(p_runs) w(id)
        cross join lateral (
            select y.ctid from inbox y where y.bucket = p_bucket and y.run_id = w.id and (p_ends or y.kind in ('s', 'n', 'a', 'g', 'c')) offset 0
        ) x));
end $$;

-- Takes back the tasks of runs that nobody has taken yet, and gives the (run, step) of each. The shares are still to be lowered.
--
-- Locks: task.
create function pgflow.recall_tasks(p_bucket int, p_runs uuid[]) returns table (run_id uuid, step smallint)
language plpgsql volatile
as $$
begin
    return query
    delete from task t
    where t.ctid = any(array(
        select x.ctid from unnest(p_runs) w(id)
        cross join lateral (select y.ctid from task y where y.bucket = p_bucket and y.run_id = w.id and y.worker_id is null offset 0) x))
    returning t.run_id, t.step;
end $$;
