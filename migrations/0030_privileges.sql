-- Intent: least privilege. Nothing is open to the public; what a worker, a client or a reader needs is granted to a role of the
--         user's choice by `pgflow.grant_to`. They call functions that act with their owner's rights, and touch no table.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

revoke all on all tables in schema pgflow from public;
revoke all on all functions in schema pgflow from public;

-- Which functions a part may call.
create view pgflow.privilege as
select p.part, f.oid::regprocedure as function
from (values
    ('client', array['register', 'start_runs', 'start_run', 'start_latest', 'cancel_run', 'cancel_runs', 'pause_run', 'pause_runs', 'resume_run', 'resume_runs',
                     'retry_step', 'cancel_attempt', 'fork_run', 'send_signal', 'run_signals', 'run_children', 'run_errands', 'page_of_runs', 'describe_runs', 'run_steps', 'run_events', 'run_notes', 'run_results', 'run_outcomes', 'versions', 'live_versions', 'make_current', 'set_retention', 'remove_runs', 'version_id',
                     'create_workflow', 'update_workflow', 'delete_workflow', 'list_workflows', 'import_document', 'list_missing_handlers',
                     'now', 'period_of_run', 'bucket_of_run', 'status_word', 'applied_migrations', 'create_schedule', 'pause_schedule', 'resume_schedule', 'trigger_schedule', 'delete_schedule']),
    ('worker', array['register', 'register_worker', 'beat', 'promote', 'disconnect_silent', 'recover', 'retire_worker', 'forget_workers',
                     'exchange', 'run_errands', 'start_claimed', 'settle_start', 'begin_step', 'commit_step', 'commit_repeat', 'recorded_output', 'has_repeated', 'add_notes', 'ensure_partitions', 'other_versions', 'prune_expired', 'drop_month', 'forget_keys', 'runs_to_carry', 'carry_over', 'dynamic_versions', 'take_versions', 'list_missing_handlers', 'version_id', 'now', 'applied_migrations', 'due_schedules', 'fire_schedule', 'hold_schedule']),
    ('reader', array['list_workflows', 'list_missing_handlers', 'page_of_runs', 'versions', 'live_versions', 'describe_runs', 'run_steps', 'run_results', 'run_outcomes', 'run_events', 'run_notes', 'run_signals', 'run_children', 'step_output', 'broken_invariants', 'now', 'period_of_run', 'bucket_of_run', 'status_word', 'applied_migrations'])
) p(part, names)
join pg_proc f on f.proname = any(p.names) and f.pronamespace = 'pgflow'::regnamespace;

do $$
declare
    v_function regprocedure;
begin
    for v_function in select distinct function from pgflow.privilege loop
        continue when v_function::text ~ '^(pgflow\.)?(now|period_of_run|bucket_of_run|status_word)\(';
        execute format('alter function %s security definer', v_function);
    end loop;
end $$;

-- Lets a role act as a `worker`, a `client` or a `reader` (a worker that starts runs needs both of the former).
--
--     select pgflow.grant_to('app', 'worker'), pgflow.grant_to('app', 'client');
create function pgflow.grant_to(p_role name, p_part text) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_function regprocedure;
begin
    if p_part not in ('worker', 'client', 'reader') then
        raise exception 'there is no part `%`', p_part using errcode = '22023', hint = 'The parts are worker, client and reader.';
    end if;
    execute format('grant usage on schema pgflow to %I', p_role);
    for v_function in select function from privilege where part = p_part loop
        execute format('grant execute on function %s to %I', v_function, p_role);
    end loop;
    if p_part in ('reader', 'client') then
        execute format('grant select on runs, steps, events, workflows, missing_handlers, retentions, schedules, schedule_events to %I', p_role);
    end if;
end $$;
revoke all on function pgflow.grant_to from public;
