-- Intent: starts in the place of an earlier run that has not begun.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- Starts a run in the place of an earlier one of the same workflow and key that has not begun. That one is cancelled; or, with p_quiet,
-- it gets this input and begins p_quiet from now: then its id is given. An earlier one that has begun, or ended, is left alone.
--
-- Locks: latest, then as cancel_runs.
create function pgflow.start_latest(
    p_bucket int, p_version int, p_input jsonb, p_key text, p_quiet interval, p_checked boolean,
    p_queue text, p_priority int, p_namespace text, p_start_at timestamptz, p_deadline interval, p_max_backlog int, p_actor text
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
                         seq = default, queue = p_queue, namespace = p_namespace
        where bucket = p_bucket and run_id = v_earlier;
        perform pgflow.note_action(p_bucket, array[v_earlier], v_now, 'debounce', null, p_actor, jsonb_build_object('until', v_start));
        return v_earlier;
    end if;
    v_new := (pgflow.start_runs(p_bucket, p_version, array[p_input], null, p_checked, p_queue, p_priority, p_namespace, v_start, p_deadline,
                                 -- The earlier one goes.
                                 p_max_backlog + coalesce(v_waits, false)::int, p_actor))[1];
    if v_waits then
        perform from pgflow.cancel_runs(p_bucket, array[v_earlier], format('superseded by run %s', v_new), null);
    end if;
    update latest set run_id = v_new where bucket = p_bucket and workflow_id = v_workflow and key = p_key;
    return v_new;
end $$;
