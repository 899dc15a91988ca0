-- Intent: what people do to a step of a run: have it tried again, cancel its attempt.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

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
--   p_index   the item of a map step; null for all of them. A plain step has none: an index is refused.
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
    if not v_step.is_map and p_index is not null then
        raise exception 'step `%` is no map: it has no item %', p_step, p_index using errcode = 'PF409', hint = 'Leave the item out.';
    end if;
    select * into v_end from run_end e where e.bucket = v_bucket and e.period = v_period and e.run_id = p_run;
    if not found then
        if v_step.signal is not null and exists (
            select from attempt a where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run and a.step = v_step.number
            group by a.step having max(a.number) = 0 and max(a.retry_at) > v_now) then
            raise exception 'step `%` waits for signal `%`, which no retry replaces', p_step, v_step.signal using errcode = 'PF409',
                hint = format('Send it: select pgflow.send_signal(%L, %L, ..);', p_run, v_step.signal);
        end if;
        -- A retry of shared work is a task of its own.
        update task t set due = true, available_at = v_now
        where t.bucket = v_bucket and t.run_id = p_run and t.step = v_step.number and t.worker_id is null and not t.due
          and (p_index is null or t.first = p_index);
        -- Its worker may die: then the next one finds that it is due.
        update attempt a set retry_at = v_now
        where a.bucket = v_bucket and a.period = v_period and a.run_id = p_run and a.step = v_step.number and a.retry_at > v_now
          and (p_index is null or a.index = p_index);
        update repeat r set due_at = v_now
        where r.bucket = v_bucket and r.period = v_period and r.run_id = p_run and r.step = v_step.number and r.due_at > v_now
          and (p_index is null or r.index = p_index);
        perform pgflow.note_action(v_bucket, array[p_run], v_now, 'retry', p_reason, p_actor,
                                   jsonb_strip_nulls(jsonb_build_object('step', p_step, 'index', p_index)));
        -- Of a run that has not begun nothing waits; a message would be heard later, and be taken for what waits then.
        if not exists (select from ready q where q.bucket = v_bucket and q.run_id = p_run and q.fresh) then
            insert into inbox (bucket, run_id, sent_at, step, index, kind, reason)
            values (v_bucket, p_run, v_now, v_step.number, p_index, 'n', p_reason);
            perform pgflow.make_due(v_bucket, array[p_run]);
        end if;
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
    where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.step <> v_step.number and o.kind = 'f'
      and not s.on_failure;
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
--   p_index   the item of a map step. A plain step has none: an index is refused.
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
    elsif not v_step.is_map and p_index is not null then
        raise exception 'step `%` is no map: it has no item %', p_step, p_index using errcode = 'PF409', hint = 'Leave the item out.';
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
