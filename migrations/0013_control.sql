-- Intent: what people do to runs: cancel, pause, resume, retry, fork. Each says who did it and why, in the same transaction.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- A run that no worker has is acted upon here, by its `ready` row, which is locked: a claim that takes it meanwhile is waited for. A
-- run that is owned is left alone; its owner is sent a message, and does what is wanted with its next round trip. The owner looks for
-- messages when it is told of them (`pgflow_message`), and with every beat.

-- Locks what is out of runs: their tasks, whoever holds them, until no others come (nothing follows on a task that is locked), their
-- shares and marks.
--
-- Locks: task (for update, by id), share, mark (for update, by key).
create function pgflow.lock_out(p_bucket int, p_runs uuid[]) returns void
language plpgsql volatile
as $$
declare
    v_tasks bigint[] := '{}';
    v_locked bigint[];
begin
    loop
        v_locked := array(
            select n.id
            from (
                select t.id from unnest(p_runs) w(id)
                cross join lateral (select x.id from task x where x.bucket = p_bucket and x.run_id = w.id offset 0) t
                order by t.id
            ) n
            cross join lateral (select from task x where x.bucket = p_bucket and x.id = n.id limit 1 for update) t);
        exit when v_locked <@ v_tasks;
        v_tasks := v_locked;
    end loop;
    perform from (
        select s.run_id, s.step from unnest(p_runs) w(id)
        cross join lateral (select x.run_id, x.step from share x where x.bucket = p_bucket and x.run_id = w.id offset 0) s
        order by s.run_id, s.step
    ) n
    cross join lateral (select from share x where x.bucket = p_bucket and x.run_id = n.run_id and x.step = n.step limit 1 for update) s;
    perform from (
        select k.run_id, k.step, k.index from unnest(p_runs) w(id)
        cross join lateral (select x.run_id, x.step, x.index from mark x where x.bucket = p_bucket and x.run_id = w.id offset 0) k
        order by k.run_id, k.step, k.index
    ) n
    cross join lateral (
        select from mark x where x.bucket = p_bucket and x.run_id = n.run_id and x.step = n.step and x.index = n.index limit 1 for update
    ) k;
end $$;

-- Locks the `ready` rows of runs whose own rows are locked, and gives those runs. For as long as the lock lasts nobody else can own
-- them; all others have an owner, or have ended.
--
-- Locks: ready (for update, by run).
create function pgflow.lock_ready(p_bucket int, p_runs uuid[]) returns uuid[]
language plpgsql volatile
as $$
begin
    return array(
        select w.id from (select distinct u.id from unnest(p_runs) u(id) order by u.id) w
        cross join lateral (select from ready r where r.bucket = p_bucket and r.run_id = w.id limit 1 for update) r);
end $$;

-- Those of the runs that an owner has, as far as can be said: they are no others' (p_free), and have not ended.
create function pgflow.owned_among(p_bucket int, p_runs uuid[], p_free uuid[]) returns uuid[]
language plpgsql volatile
as $$
begin
    return array(
        select distinct w.id from unnest(p_runs) w(id)
        cross join lateral (select from run r where r.bucket = p_bucket and r.period = pgflow.period_of_run(w.id) and r.id = w.id limit 1) r
        where not w.id = any(p_free)
          and not exists (
              select from run_end e where e.bucket = p_bucket and e.period = pgflow.period_of_run(w.id) and e.run_id = w.id));
end $$;

-- Says what became of each run: it was done at once (p_done), its owner was asked to (p_asked), or nothing was done.
create function pgflow.control_results(p_bucket int, p_runs uuid[], p_done uuid[], p_asked uuid[]) returns table (run_id uuid, result text)
language plpgsql volatile
as $$
begin
    return query
    select w.id,
           case when w.id = any(p_done) then 'done' when w.id = any(p_asked) then 'asked'
                when not exists (select from run r where r.bucket = p_bucket and r.period = pgflow.period_of_run(w.id) and r.id = w.id)
                    then 'unknown'
                else coalesce(
                    (select case e.status when 'c' then 'completed' when 'f' then 'failed' when 'x' then 'cancelled' end from run_end e
                     where e.bucket = p_bucket and e.period = pgflow.period_of_run(w.id) and e.run_id = w.id),
                    'nothing')
           end
    from (select distinct u.id from unnest(p_runs) u(id)) w;
end $$;

-- Notes an action on each of the runs.
create function pgflow.note_action(p_bucket int, p_runs uuid[], p_at timestamptz, p_kind text, p_reason text, p_actor text, p_detail jsonb)
returns void
language plpgsql volatile
as $$
begin
    insert into action (bucket, period, run_id, at, kind, actor, reason, detail)
    select p_bucket, pgflow.period_of_run(w.id), w.id, p_at, p_kind, coalesce(p_actor, session_user), p_reason, p_detail
    from unnest(p_runs) w(id);
end $$;

-- Forgets that somebody wanted runs to pause or to go on: messages to an owner that they no longer have.
--
-- Locks: inbox (of runs whose `ready` rows are locked: nobody else hears their messages).
create function pgflow.forget_wishes(p_bucket int, p_runs uuid[]) returns void
language plpgsql volatile
as $$
begin
    delete from inbox
    where ctid = any(array(
        select i.ctid from unnest(p_runs) w(id)
        cross join lateral (
            select x.ctid from inbox x where x.bucket = p_bucket and x.run_id = w.id and x.kind in ('p', 'r') offset 0
        ) i));
end $$;

-- Cancels runs: what of them is under way is dropped, nothing more begins, and they end as `cancelled`. What is recorded stays.
-- Gives for each what became of it: `done`; `asked`, where a worker owns it, which ends it with its next round trip; how it had ended
-- before; or `unknown`.
--
-- Locks: task, share, mark, run, inbox, ready.
create function pgflow.cancel_runs(p_bucket int, p_runs uuid[], p_reason text, p_actor text) returns table (run_id uuid, result text)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz;
    v_free uuid[];
    v_owned uuid[];
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_out(p_bucket, p_runs);
    perform pgflow.lock_runs(p_bucket, p_runs);
    v_free := pgflow.lock_ready(p_bucket, p_runs);
    v_now := pgflow.now();
    v_owned := pgflow.owned_among(p_bucket, p_runs, v_free);

    if cardinality(v_free) > 0 then
        delete from ready
        where ctid = any(array(
            select q.ctid from unnest(v_free) w(id)
            cross join lateral (select r.ctid from ready r where r.bucket = p_bucket and r.run_id = w.id limit 1) q));
        insert into run_end (bucket, period, run_id, ended_at, status, error)
        select p_bucket, pgflow.period_of_run(w.id), w.id, v_now, 'x', p_reason from unnest(v_free) w(id);
        perform pgflow.take_back(p_bucket, v_free);
        perform pgflow.end_families(p_bucket, v_free);
    end if;
    insert into inbox (bucket, run_id, sent_at, kind, reason) select p_bucket, w.id, v_now, 'x', p_reason from unnest(v_owned) w(id);
    perform pgflow.note_action(p_bucket, v_free || v_owned, v_now, 'cancel', p_reason, p_actor, '{}');
    return query select * from pgflow.control_results(p_bucket, p_runs, v_free, v_owned);
end $$;

-- Pauses runs: nothing more of them begins until they are resumed. What is under way goes on to its end, and is recorded; what
-- depends on it waits. Gives for each: `done`; `asked`, where a worker owns it, which pauses it when what it executes of it has ended;
-- how it had ended before; or `unknown`.
--
-- Locks: task, share, run, inbox, ready.
create function pgflow.pause_runs(p_bucket int, p_runs uuid[], p_reason text, p_actor text) returns table (run_id uuid, result text)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz;
    v_free uuid[];
    v_owned uuid[];
    v_recalled record;
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_out(p_bucket, p_runs);
    perform pgflow.lock_runs(p_bucket, p_runs);
    v_free := pgflow.lock_ready(p_bucket, p_runs);
    v_now := pgflow.now();
    v_owned := pgflow.owned_among(p_bucket, p_runs, v_free);

    -- One that is to be cancelled by whoever takes it next, as a message to its former owner says, is to be taken.
    v_owned := v_owned || array(
        select w.id from unnest(v_free) w(id)
        where exists (select from inbox i where i.bucket = p_bucket and i.run_id = w.id and i.kind = 'x'));
    v_free := array(select w.id from unnest(v_free) w(id) where not w.id = any(v_owned));
    if cardinality(v_free) > 0 then
        perform pgflow.forget_wishes(p_bucket, v_free);
        update ready set paused = true, due = false
        where ctid = any(array(
            select q.ctid from unnest(v_free) w(id)
            cross join lateral (select r.ctid from ready r where r.bucket = p_bucket and r.run_id = w.id and not r.paused limit 1) q));
        select array_agg(g.run_id) as runs, array_agg(g.step) as steps, array_agg(g.tasks) as tasks, array_agg(false) as failed
        into v_recalled
        from (select r.run_id, r.step, count(*)::int as tasks from pgflow.recall_tasks(p_bucket, v_free) r group by r.run_id, r.step) g;
        if v_recalled.runs is not null then
            -- Nobody is to be woken.
            perform from pgflow.lower_shares(p_bucket, v_recalled.runs, v_recalled.steps, v_recalled.tasks, v_recalled.failed);
        end if;
    end if;
    insert into inbox (bucket, run_id, sent_at, kind, reason) select p_bucket, w.id, v_now, 'p', p_reason from unnest(v_owned) w(id);
    perform pgflow.note_action(p_bucket, v_free || v_owned, v_now, 'pause', p_reason, p_actor, '{}');
    return query select * from pgflow.control_results(p_bucket, p_runs, v_free, v_owned);
end $$;

-- Has failed runs go on: what they failed of is tried again, with all its attempts (of p_step only, where that is not null).
--
-- Locks: run is locked by the caller; run_end, outcome, mark, inbox (of these runs).
create function pgflow.revive_runs(p_bucket int, p_runs uuid[], p_step smallint) returns void
language plpgsql volatile
as $$
declare
    v_now timestamptz := pgflow.now();
begin
    -- Messages that have crossed the end of the run, and marks of what was given up.
    perform pgflow.take_back(p_bucket, p_runs);
    update run set deadline_at = null
    where (bucket, period, id) in (select p_bucket, pgflow.period_of_run(w.id), w.id from unnest(p_runs) w(id)) and deadline_at is not null;
    delete from run_end
    where (bucket, period, run_id) in (select p_bucket, pgflow.period_of_run(w.id), w.id from unnest(p_runs) w(id));
    with again as (
        delete from outcome o
        where (o.bucket, o.period, o.run_id) in (select p_bucket, pgflow.period_of_run(w.id), w.id from unnest(p_runs) w(id))
          and (o.kind = 'f' and (p_step is null or o.step = p_step) or o.step in (
              -- What was executed since the run had failed, and will be should it fail again.
              select s.number from run r join step s on s.version_id = r.version_id and s.on_failure
              where r.bucket = p_bucket and r.period = o.period and r.id = o.run_id))
        returning o.*
    )
    insert into attempt (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error, resumed)
    select a.bucket, a.period, a.run_id, a.index, a.step, a.attempts, a.worker_id, a.duration_ms, a.recorded_at, v_now, coalesce(a.error, 'it was done, and then somebody had the run go on'), true
    from again a
    -- What failed before its first attempt, in its condition for example, begins from there.
    where a.attempts > 0;
    -- A unit whose own run was not completed has another one: that was cancelled with this run, or is about to be, or has failed.
    insert into attempt (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error, resumed)
    select c.bucket, c.period, c.run_id, c.index, c.step, c.number, 0, 0, v_now, v_now,
           format('run %s was not completed, and then somebody had the run go on', c.child_id), true
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from child x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id offset 0
    ) c
    where not exists (
              select from outcome o
              where o.bucket = p_bucket and o.period = c.period and o.run_id = c.run_id and o.step = c.step and o.index = c.index)
      and not exists (
              select from run_end e
              where e.bucket = p_bucket and e.period = pgflow.period_of_run(c.child_id) and e.run_id = c.child_id and e.status = 'c')
    on conflict do nothing;
    -- What has asked for too many repetitions, or for too long, goes on from where it was.
    update repeat r set count = 0, began_at = v_now, due_at = least(r.due_at, v_now)
    where (r.bucket, r.period, r.run_id) in (select p_bucket, pgflow.period_of_run(w.id), w.id from unnest(p_runs) w(id))
      and not exists (
          select from outcome o
          where o.bucket = r.bucket and o.period = r.period and o.run_id = r.run_id and o.step = r.step and o.index = r.index);
    -- What has waited for a signal in vain waits again.
    delete from attempt a
    where (a.bucket, a.period, a.run_id) in (select p_bucket, pgflow.period_of_run(w.id), w.id from unnest(p_runs) w(id))
      and a.number = 0
      and exists (select from run r join step s on s.version_id = r.version_id and s.number = a.step and s.signal is not null
                  where r.bucket = a.bucket and r.period = a.period and r.id = a.run_id)
      and not exists (select from attempt y where y.bucket = a.bucket and y.period = a.period and y.run_id = a.run_id
                                              and y.step = a.step and y.index = a.index and y.number > 0)
      and not exists (select from outcome o where o.bucket = a.bucket and o.period = a.period and o.run_id = a.run_id and o.step = a.step);
    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    select p_bucket, r.id, r.period, r.version_id, r.priority, v_now, true, false, r.queue, r.namespace
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from run x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.id = w.id limit 1
    ) r;
end $$;

-- Resumes runs: those that are paused, or about to be, and those that have failed, which go on from what they failed of; a deadline
-- counts no more. Gives for each: `done`; `asked`, where a worker owns it; how it had ended; `nothing`, where it is neither paused nor
-- owned nor has failed; or `unknown`.
--
-- Locks: run, inbox, ready.
create function pgflow.resume_runs(p_bucket int, p_runs uuid[], p_reason text, p_actor text) returns table (run_id uuid, result text)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz;
    v_free uuid[];
    v_paused uuid[];
    v_failed uuid[];
    v_owned uuid[];
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_runs(p_bucket, p_runs);
    v_free := pgflow.lock_ready(p_bucket, p_runs);
    v_now := pgflow.now();
    v_owned := pgflow.owned_among(p_bucket, p_runs, v_free);
    v_paused := array(
        select w.id from unnest(v_free) w(id)
        cross join lateral (select r.paused from ready r where r.bucket = p_bucket and r.run_id = w.id limit 1) q
        where q.paused or exists (select from inbox i where i.bucket = p_bucket and i.run_id = w.id and i.kind = 'p'));
    v_failed := array(
        select distinct w.id from unnest(p_runs) w(id)
        cross join lateral (
            select from run_end e
            where e.bucket = p_bucket and e.period = pgflow.period_of_run(w.id) and e.run_id = w.id and e.status = 'f' limit 1
        ) e);

    perform pgflow.forget_wishes(p_bucket, v_paused);
    -- One that had begun is due whatever it waits for: more of it may be open by now, and whoever takes it finds out.
    update ready set paused = false, due = not fresh or available_at <= v_now,
                     available_at = case when fresh then available_at else v_now end, seq = default
    where ctid = any(array(
        select q.ctid from unnest(v_paused) w(id)
        cross join lateral (select r.ctid from ready r where r.bucket = p_bucket and r.run_id = w.id and r.paused limit 1) q));
    insert into inbox (bucket, run_id, sent_at, kind, reason) select p_bucket, w.id, v_now, 'r', p_reason from unnest(v_owned) w(id);
    perform pgflow.note_action(p_bucket, v_paused || v_owned, v_now, 'resume', p_reason, p_actor, '{}');
    perform pgflow.note_end(p_bucket, v_failed, v_now, 'resume', p_reason, p_actor, null);
    if cardinality(v_failed) > 0 then
        perform pgflow.revive_runs(p_bucket, v_failed, null);
    end if;
    return query select * from pgflow.control_results(p_bucket, p_runs, v_paused || v_failed, v_owned);
end $$;

-- Notes an action that makes failed runs go on, with how they had ended: that is about to be forgotten.
create function pgflow.note_end(p_bucket int, p_runs uuid[], p_at timestamptz, p_kind text, p_reason text, p_actor text, p_step text) returns void
language plpgsql volatile
as $$
begin
    insert into action (bucket, period, run_id, at, kind, actor, reason, detail)
    select p_bucket, e.period, w.id, p_at, p_kind, coalesce(p_actor, session_user), p_reason,
           jsonb_strip_nulls(jsonb_build_object('step', p_step, 'failed_at', e.ended_at, 'error', e.error))
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from run_end x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id limit 1
    ) e;
end $$;

-- Raises where there is no such run; or, with an action, where nothing could be done.
create function pgflow.require_control(p_run uuid, p_result text, p_action text) returns text
language plpgsql stable
as $$
begin
    case
        when p_result in ('done', 'asked') then return p_result;
        when p_result = 'unknown' then raise exception 'there is no run %', p_run using errcode = 'PF404';
        when p_result = 'nothing' then
            raise exception 'run % cannot be %: it is neither paused, nor has it failed', p_run, p_action using errcode = 'PF409';
        else raise exception 'run % cannot be %: it has ended as %', p_run, p_action, p_result using errcode = 'PF409';
    end case;
end $$;

-- Cancels a run; see cancel_runs. One that is cancelled already stays so.
create function pgflow.cancel_run(p_run uuid, p_reason text default null, p_actor text default null) returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_result text := (select result from pgflow.cancel_runs(pgflow.bucket_of_run(p_run), array[p_run], p_reason, p_actor));
begin
    if v_result = 'cancelled' then
        return 'done';
    end if;
    return pgflow.require_control(p_run, v_result, 'cancelled');
end $$;

-- Pauses a run; see pause_runs.
create function pgflow.pause_run(p_run uuid, p_reason text default null, p_actor text default null) returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    return pgflow.require_control(p_run, (
        select result from pgflow.pause_runs(pgflow.bucket_of_run(p_run), array[p_run], p_reason, p_actor)), 'paused');
end $$;

-- Resumes a run; see resume_runs.
create function pgflow.resume_run(p_run uuid, p_reason text default null, p_actor text default null) returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    return pgflow.require_control(p_run, (
        select result from pgflow.resume_runs(pgflow.bucket_of_run(p_run), array[p_run], p_reason, p_actor)), 'resumed');
end $$;
