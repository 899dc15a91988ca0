-- Intent: the transaction of a step: its statements and its outcome commit together.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- The first statement of a step's transaction: refuses a dead worker, and leaves a mark that is gone should the handler's own SQL
-- end the transaction.
--
-- Locks: worker (key share).
create function pgflow.begin_step(p_bucket int, p_worker int, p_mark text) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    perform pgflow.fence(p_bucket, p_worker);
    perform set_config('pgflow.step_mark', p_mark, true);
end $$;

-- What comes before anything is recorded in a step's transaction: it is still the one that was begun, its worker is alive, and holds
-- the unit. From here on the transaction must not linger.
--
-- Locks: worker (key share), task or claim (for share).
create function pgflow.guard_step(p_bucket int, p_worker int, p_mark text, p_claim bigint, p_task bigint, p_run uuid) returns void
language plpgsql volatile
as $$
begin
    if current_setting('pgflow.step_mark', true) is distinct from p_mark then
        raise exception 'the transaction of the step was ended by its own SQL (COMMIT or ROLLBACK)' using errcode = 'PF002',
            hint = 'Leave the end of the transaction to pgflow: it commits when the step returns Ok.';
    end if;
    perform set_config('idle_in_transaction_session_timeout', '5s', true);
    perform pgflow.fence(p_bucket, p_worker);
    if p_claim > 0 then
        perform from claim c
        where c.bucket = p_bucket and c.worker_id = p_worker and c.number = p_claim and p_run = any(c.runs) for share;
    else
        perform from task t where t.bucket = p_bucket and t.id = p_task and t.worker_id = p_worker for share;
    end if;
    if not found then
        raise exception 'run % is no longer with worker %', p_run, p_worker using errcode = 'PF003';
    end if;

end $$;

-- The last statement before the COMMIT of a step's transaction: records the outcome, or raises. From here on the transaction must
-- not linger: its session is ended when the COMMIT does not follow at once.
--
--   p_claim, p_task   by which of the two the worker holds the unit; the other is 0.
--
-- Locks: worker (key share), task or claim (for share).
create function pgflow.commit_step(
    p_bucket int, p_worker int, p_mark text, p_claim bigint, p_task bigint, p_run uuid, p_period int, p_step smallint, p_index int,
    p_attempts smallint, p_duration_ms real, p_output jsonb
) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    perform pgflow.guard_step(p_bucket, p_worker, p_mark, p_claim, p_task, p_run);
    insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
    values (p_bucket, p_period, p_run, p_index, p_step, p_attempts, p_worker, p_duration_ms, pgflow.now(), 'c', p_output);
end $$;

-- Keeps what handlers have said.
create function pgflow.add_notes(
    p_bucket int, p_runs uuid[], p_steps smallint[], p_indexes int[], p_attempts smallint[], p_progress real[], p_messages text[]
) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    -- Nothing is promised here, so the commit need not wait for the disk.
    perform set_config('synchronous_commit', 'off', true);
    insert into note (bucket, period, run_id, at, step, index, attempt, progress, message)
    select p_bucket, pgflow.period_of_run(n.run_id), n.run_id, pgflow.now(), n.step, n.index, n.attempt, n.progress, n.message
    from unnest(p_runs, p_steps, p_indexes, p_attempts, p_progress, p_messages) n(run_id, step, index, attempt, progress, message);
end $$;

-- The output that is recorded for a unit; null where none is. Asked after a COMMIT whose answer was lost. That one may still be
-- under way on the server: the row that is tried here waits for its end.
create function pgflow.recorded_output(p_bucket int, p_period int, p_run uuid, p_step smallint, p_index int) returns jsonb
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    begin
        insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
        values (p_bucket, p_period, p_run, p_index, p_step, 1, 0, 0, pgflow.now(), 'c', 'null');
        raise exception 'the unit has no outcome' using errcode = 'PF004';
    exception
        when sqlstate 'PF004' then return null;
        when unique_violation then null;
    end;
    return (
        select output from outcome
        where bucket = p_bucket and period = p_period and run_id = p_run and step = p_step and index = p_index and kind = 'c'
    );
end $$;
