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
          and o.kind = 'f' and (p_step is null or o.step = p_step)
        returning o.*
    )
    insert into attempt (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error, resumed)
    select a.bucket, a.period, a.run_id, a.index, a.step, a.attempts, a.worker_id, a.duration_ms, a.recorded_at, v_now, a.error, true
    from again a
    -- What failed before its first attempt, in its condition for example, begins from there.
    where a.attempts > 0;
    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue)
    select p_bucket, r.id, r.period, r.version_id, r.priority, v_now, true, false, r.queue
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

-- The number of a step of a run. Locks the run. Raises where there is no such run or step.
--
-- Locks: run (for update).
create function pgflow.step_of_run(p_run uuid, p_step text) returns pgflow.step
language plpgsql volatile
as $$
declare
    v_version int;
    v_step pgflow.step;
begin
    perform pgflow.lock_runs(bucket_of_run(p_run), array[p_run]);
    select r.version_id into v_version from run r
    where r.bucket = bucket_of_run(p_run) and r.period = period_of_run(p_run) and r.id = p_run;
    if not found then
        raise exception 'there is no run %', p_run using errcode = 'PF404';
    end if;
    select * into v_step from step s where s.version_id = v_version and s.name = p_step;
    if not found then
        raise exception 'run % has no step `%`', p_run, p_step using errcode = 'PF404', hint = (
            select 'Its steps: ' || string_agg(format('`%s`', s.name), ', ' order by s.number) || '.' from step s where s.version_id = v_version);
    end if;
    return v_step;
end $$;

-- Has a step tried again. Where it waits for its next attempt, that begins at once. Where the run has failed of it, and of nothing
-- else, the run goes on with it, and the step has all its attempts again. Gives `done`, or `asked` where the run has not ended.
--
--   p_index   the item of a map step; null for all of them.
--
-- Locks: task, run, inbox, ready.
create function pgflow.retry_step(p_run uuid, p_step text, p_index int default null, p_reason text default null, p_actor text default null)
returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
    v_now timestamptz;
    v_step pgflow.step;
    v_end pgflow.run_end;
    v_other text;
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_out(v_bucket, array[p_run]);
    v_step := pgflow.step_of_run(p_run, p_step);
    v_now := pgflow.now();
    select * into v_end from run_end e where e.bucket = v_bucket and e.period = v_period and e.run_id = p_run;
    if not found then
        -- A retry of shared work is a task of its own.
        update task t set due = true, available_at = v_now
        where t.bucket = v_bucket and t.run_id = p_run and t.step = v_step.number and t.worker_id is null and not t.due
          and (p_index is null or t.first = p_index);
        perform pgflow.note_action(v_bucket, array[p_run], v_now, 'retry', p_reason, p_actor,
                                   jsonb_strip_nulls(jsonb_build_object('step', p_step, 'index', p_index)));
        insert into inbox (bucket, run_id, sent_at, step, index, kind, reason)
        values (v_bucket, p_run, v_now, v_step.number, p_index, 'n', p_reason);
        perform pgflow.make_due(v_bucket, array[p_run]);
        return 'asked';
    end if;
    if v_end.status <> 'f' then
        perform pgflow.require_control(p_run, case v_end.status when 'c' then 'completed' else 'cancelled' end, 'retried');
    end if;
    if p_index is not null then
        raise exception 'run % has failed: the items of step `%` that have failed can be retried together only', p_run, p_step
            using errcode = 'PF409', hint = 'Leave the item out.';
    end if;
    if not exists (select from outcome o where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.step = v_step.number
                                           and o.kind = 'f') then
        raise exception 'step `%` of run % has not failed', p_step, p_run using errcode = 'PF409';
    end if;
    select string_agg(distinct format('`%s`', s.name), ', ') into v_other
    from outcome o join step s on s.version_id = v_step.version_id and s.number = o.step
    where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.step <> v_step.number and o.kind = 'f';
    if v_other is not null then
        raise exception 'run % has failed of other steps as well: %', p_run, v_other using errcode = 'PF409',
            hint = 'Resume the run: all steps that have failed are tried again.';
    end if;
    perform pgflow.note_end(v_bucket, array[p_run], v_now, 'retry', p_reason, p_actor, p_step);
    perform pgflow.revive_runs(v_bucket, array[p_run], v_step.number);
    return 'done';
end $$;

-- Cancels the attempt of a step that is under way: its handler is dropped, which counts as a failed attempt, after which the step is
-- tried again if it has attempts left. Nothing happens where none is under way. Gives `asked`.
--
--   p_index   the item of a map step.
--
-- Locks: task, run, inbox.
create function pgflow.cancel_attempt(p_run uuid, p_step text, p_index int default null, p_reason text default null, p_actor text default null)
returns text
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_now timestamptz;
    v_step pgflow.step;
    v_result text;
    v_index int;
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_out(v_bucket, array[p_run]);
    v_step := pgflow.step_of_run(p_run, p_step);
    v_now := pgflow.now();
    if v_step.is_map and p_index is null then
        raise exception 'step `%` is a map: say of which item the attempt is to be cancelled', p_step using errcode = 'PF409';
    end if;
    v_index := case when v_step.is_map then p_index else -1 end;
    select result into v_result from pgflow.control_results(v_bucket, array[p_run], '{}', '{}');
    if v_result <> 'nothing' then
        perform pgflow.require_control(p_run, v_result, 'stopped in an attempt');
    end if;
    perform pgflow.note_action(v_bucket, array[p_run], v_now, 'cancel_attempt', p_reason, p_actor,
                               jsonb_strip_nulls(jsonb_build_object('step', p_step, 'index', p_index)));
    update task t set cancelled = coalesce(t.cancelled, '{}') || v_index
    where t.bucket = v_bucket and t.run_id = p_run and t.step = v_step.number and t.worker_id is not null
      and v_index >= t.first and v_index < t.first + t.count;
    if not found and cardinality(pgflow.lock_ready(v_bucket, array[p_run])) = 0 then
        insert into inbox (bucket, run_id, sent_at, step, index, kind, reason)
        values (v_bucket, p_run, v_now, v_step.number, v_index, 'a', p_reason);
    end if;
    return 'asked';
end $$;

-- Starts a run that begins where another one stood: what that one has recorded is taken over, but for the step p_from and all that
-- depends on it, which are executed again; all is executed again where p_from is null. Gives the id of the new run, of the same version.
--
--   p_input    another input for it, checked by the schema; null to keep it.
--   p_outputs  other outputs of steps that are taken over, by their names, each checked by its schema; null to keep them. For a map
--              step, an array of all items' outputs.
--
-- Locks: run (of the one that is forked, where p_from is given); the rest is inserted only.
create function pgflow.fork_run(
    p_run uuid, p_from text default null, p_input jsonb default null, p_outputs jsonb default null,
    p_reason text default null, p_actor text default null
) returns uuid
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
    v_now timestamptz := pgflow.now();
    v_new uuid := pgflow.new_run_id(pgflow.run_id_prefix(v_bucket, v_now));
    v_new_period int := pgflow.period_of(v_now);
    v_run pgflow.run;
    v_definition jsonb;
    v_problem text;
    v_again smallint[];
    v_edit record;
begin
    perform pgflow.require_read_committed();
    select * into v_run from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run;
    if not found then
        raise exception 'there is no run %', p_run using errcode = 'PF404';
    end if;
    v_definition := (select v.definition from version v where v.id = v_run.version_id);
    if p_input is not null then
        v_problem := pgflow.schema_problem(v_definition -> 'input', v_definition -> 'input', p_input, 'input');
        if v_problem is not null then
            raise exception 'the input does not fit workflow `%`: %', v_definition ->> 'name', v_problem using errcode = 'PF422',
                hint = format('Its schema: select definition -> ''input'' from pgflow.version where id = %s;', v_run.version_id);
        end if;
    end if;

    -- Each step once, whatever the number of paths that lead to it.
    if p_from is null then
        v_again := array(select s.number from step s where s.version_id = v_run.version_id);
    else
        v_again := array(
            with recursive again(number) as (
                select f.number from pgflow.step_of_run(p_run, p_from) f
                union
                select s.number from again a join step s on s.version_id = v_run.version_id and a.number = any(s.depends_on)
            )
            select a.number from again a);
    end if;

    insert into run (bucket, period, id, version_id, checked, priority, created_at, queue, namespace, input)
    values (v_bucket, v_new_period, v_new, v_run.version_id, v_run.checked and p_input is null, v_run.priority, v_now, v_run.queue,
            v_run.namespace, coalesce(p_input, v_run.input));
    insert into map (bucket, period, run_id, step, items)
    select v_bucket, v_new_period, v_new, m.step, m.items
    from map m where m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and not m.step = any(v_again);
    insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output, error)
    select v_bucket, v_new_period, v_new, o.index, o.step, o.attempts, o.worker_id, o.duration_ms, v_now, o.kind, o.output, o.error
    from outcome o
    where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and not o.step = any(v_again) and o.kind <> 'f';

    for v_edit in
        select e.name, e.output, s.number, s.is_map, d.step -> 'output' as schema
        from jsonb_each(coalesce(p_outputs, '{}')) e(name, output)
        left join step s on s.version_id = v_run.version_id and s.name = e.name
        left join lateral (
            select x.step from jsonb_array_elements(v_definition -> 'steps') x(step) where x.step ->> 'name' = e.name
        ) d on true
    loop
        if v_edit.number is null or v_edit.number = any(v_again) then
            raise exception 'the output of `%` cannot be given: %', v_edit.name, case when v_edit.number is null
                then format('workflow `%s` has no such step', v_definition ->> 'name')
                else 'the step is executed again, since it, or a step that it depends on, is the one from which the run is forked' end
                using errcode = 'PF422';
        end if;
        if v_edit.is_map and jsonb_typeof(v_edit.output) = 'array' and exists (
            select from map m where m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and m.step = v_edit.number
                                and m.items <> jsonb_array_length(v_edit.output)) then
            raise exception 'map step `%` has % items in run %, and % outputs are given', v_edit.name,
                (select m.items from map m where m.bucket = v_bucket and m.period = v_period and m.run_id = p_run and m.step = v_edit.number),
                p_run, jsonb_array_length(v_edit.output) using errcode = 'PF422';
        end if;
        perform pgflow.replace_output(v_bucket, v_new_period, v_new, v_edit.number, v_edit.name, v_edit.is_map, v_edit.schema, v_edit.output);
    end loop;

    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue)
    values (v_bucket, v_new, v_new_period, v_run.version_id, v_run.priority, v_now, true, false, v_run.queue);
    perform pgflow.note_action(v_bucket, array[v_new], v_now, 'fork', p_reason, p_actor, jsonb_strip_nulls(jsonb_build_object(
        'of', p_run, 'from', p_from, 'edited', case when p_input is not null or p_outputs is not null then
            array(select 'input' where p_input is not null union all select jsonb_object_keys(p_outputs)) end)));
    return v_new;
end $$;

-- Writes an output of a step that nobody works on, in place of what is recorded of it.
create function pgflow.replace_output(
    p_bucket int, p_period int, p_run uuid, p_step smallint, p_name text, p_is_map boolean, p_schema jsonb, p_output jsonb
) returns void
language plpgsql volatile
as $$
declare
    v_problem text;
begin
    if p_is_map and jsonb_typeof(p_output) <> 'array' then
        raise exception 'the output of map step `%` is an array of its items'' outputs, and not of type %', p_name, jsonb_typeof(p_output)
            using errcode = 'PF422';
    end if;
    if p_is_map then
        select pgflow.schema_problem(p_schema, p_schema, o.output, format('%s[%s]', p_name, o.at - 1)) into v_problem
        from jsonb_array_elements(p_output) with ordinality o(output, at)
        where pgflow.schema_problem(p_schema, p_schema, o.output, format('%s[%s]', p_name, o.at - 1)) is not null
        order by o.at limit 1;
    else
        v_problem := pgflow.schema_problem(p_schema, p_schema, p_output, p_name);
    end if;
    if v_problem is not null then
        raise exception 'the output does not fit step `%`: %', p_name, v_problem using errcode = 'PF422';
    end if;
    delete from outcome where bucket = p_bucket and period = p_period and run_id = p_run and step = p_step;
    delete from map where bucket = p_bucket and period = p_period and run_id = p_run and step = p_step;
    insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
    select p_bucket, p_period, p_run, o.index, p_step, 1, 0, 0, pgflow.now(), 'c', o.output
    from (
        select -1 as index, p_output as output where not p_is_map
        union all
        select x.at::int - 1, x.value from jsonb_array_elements(case when p_is_map then p_output else '[]' end) with ordinality x(value, at)
    ) o;
    if p_is_map then
        insert into map (bucket, period, run_id, step, items) values (p_bucket, p_period, p_run, p_step, jsonb_array_length(p_output));
    end if;
end $$;

-- Starts a run in the place of an earlier one of the same workflow and key that has not begun. That one is cancelled; or, with p_quiet,
-- it gets this input and begins p_quiet from now: then its id is given. An earlier one that has begun, or ended, is left alone.
--
-- Locks: latest, then as cancel_runs.
create function pgflow.start_latest(
    p_bucket int, p_version int, p_input jsonb, p_key text, p_quiet interval, p_checked boolean,
    p_queue text, p_priority int, p_namespace text, p_start_at timestamptz, p_deadline interval
) returns uuid
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_workflow int := (select v.workflow_id from version v where v.id = p_version);
    v_earlier uuid;
    v_waits boolean := false;
    v_new uuid;
    v_now timestamptz;
    v_start timestamptz;
begin
    perform pgflow.require_read_committed();
    insert into latest (bucket, workflow_id, key) values (p_bucket, v_workflow, p_key) on conflict do nothing;
    select l.run_id into v_earlier from latest l where l.bucket = p_bucket and l.workflow_id = v_workflow and l.key = p_key for update;
    if v_earlier is not null then
        perform pgflow.lock_runs(p_bucket, array[v_earlier]);
        -- While the lock lasts, it does not begin.
        select r.fresh into v_waits from ready r where r.bucket = p_bucket and r.run_id = v_earlier for update;
    end if;
    v_now := pgflow.now();
    v_start := greatest(p_start_at, v_now, v_now + p_quiet);

    if v_waits and p_quiet is not null then
        update run set version_id = p_version, checked = p_checked, priority = p_priority, deadline_at = v_start + p_deadline, queue = p_queue,
                       namespace = p_namespace, input = p_input
        where bucket = p_bucket and period = pgflow.period_of_run(v_earlier) and id = v_earlier;
        update ready set version_id = p_version, priority = p_priority, available_at = v_start, due = v_start <= v_now and not paused,
                         seq = default, queue = p_queue
        where bucket = p_bucket and run_id = v_earlier;
        perform pgflow.note_action(p_bucket, array[v_earlier], v_now, 'debounce', null, null, jsonb_build_object('until', v_start));
        return v_earlier;
    end if;
    v_new := (pgflow.start_runs(p_bucket, p_version, array[p_input], null, p_checked, p_queue, p_priority, p_namespace, v_start, p_deadline))[1];
    if v_waits then
        perform from pgflow.cancel_runs(p_bucket, array[v_earlier], format('superseded by run %s', v_new), null);
    end if;
    update latest set run_id = v_new where bucket = p_bucket and workflow_id = v_workflow and key = p_key;
    return v_new;
end $$;
