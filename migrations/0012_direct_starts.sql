-- Intent: starts next to an idle worker of the same process: the run is that worker's from the beginning, and never queued.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- Starts a run that belongs to a worker, by a claim of this number, and gives its id. The caller answers for the input.
--
-- Locks: worker (key share); run and claim are inserted only.
create function pgflow.start_claimed(
    p_bucket int, p_worker int, p_number bigint, p_version int, p_input jsonb, p_queue text, p_priority int, p_namespace text,
    p_deadline interval
) returns uuid
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_now timestamptz := pgflow.now();
    v_id uuid := pgflow.new_run_id(pgflow.run_id_prefix(p_bucket, v_now));
    v_alive boolean := pgflow.fence(p_bucket, p_worker);
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        perform pgflow.require_read_committed();
    end if;
    insert into run (bucket, period, id, version_id, checked, priority, created_at, deadline_at, queue, namespace, input)
    values (p_bucket, pgflow.period_of(v_now), v_id, p_version, true, p_priority, v_now, v_now + p_deadline, p_queue, p_namespace, p_input);
    insert into claim (bucket, worker_id, number, claimed_at, runs) values (p_bucket, p_worker, p_number, v_now, array[v_id]);
    return v_id;
end $$;

-- What the claim of this number has brought, for a worker that does not know what became of such a start. Where there is none, none
-- will ever be: an empty claim takes its place. A start that is still under way is waited for.
--
-- Locks: worker (key share); claim is inserted.
create function pgflow.settle_start(p_bucket int, p_worker int, p_number bigint, p_queues text[]) returns setof pgflow.answer
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_alive boolean := pgflow.fence(p_bucket, p_worker);
    v_runs uuid[];
begin
    insert into claim (bucket, worker_id, number, claimed_at, runs) values (p_bucket, p_worker, p_number, pgflow.now(), '{}')
    on conflict do nothing;
    -- A later statement, which sees what was waited for.
    select c.runs into v_runs from claim c where c.bucket = p_bucket and c.worker_id = p_worker and c.number = p_number;
    return query select * from pgflow.claimed(p_bucket, p_number, p_queues, v_runs, v_runs);
end $$;
