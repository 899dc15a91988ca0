-- Intent: runs of an older version go on in a newer one, whose program can read their outputs (up-casters).
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- Such a run is carried over before anybody of the new program takes it: its recorded outputs are replaced by what the program makes of
-- them, and its version becomes one with the old graph and the new types. From then on it is a run as any other, which old programs
-- leave alone. Only a run in the queue is carried over: whoever has it goes on in peace.

-- Runs of a version that are due in these queues, with what they have recorded of these steps: a row for each output; one without a step
-- for a run that has none. Runs in p_left are left out, and those with shared work that is not done yet.
create function pgflow.runs_to_carry(p_bucket int, p_version int, p_queues text[], p_steps int[], p_left uuid[], p_limit int)
returns table (run_id uuid, step int, index int, output jsonb)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select d.run_id, o.step::int, o.index, o.output
    from (
        select x.run_id, x.period
        from unnest(p_queues) q(name)
        cross join lateral (
            (select c.run_id, c.period from ready c
             where c.bucket = p_bucket and c.queue = q.name and c.version_id = p_version and c.due and c.namespace = ''
             order by -c.priority, c.seq limit p_limit + cardinality(p_left))
            union all
            (select c.run_id, c.period from ready c
             where c.bucket = p_bucket and c.queue = q.name and c.version_id = p_version and c.due and c.namespace <> ''
             order by c.namespace, -c.priority, c.seq limit p_limit + cardinality(p_left))
        ) x
        where not x.run_id = any(p_left)
          and not exists (select from task t where t.bucket = p_bucket and t.run_id = x.run_id)
        limit p_limit
    ) d
    left join lateral (
        select y.step, y.index, y.output from outcome y
        where y.bucket = p_bucket and y.period = d.period and y.run_id = d.run_id and y.step = any(p_steps) and y.kind = 'c' offset 0
    ) o on true;
end $$;

-- Carries runs over from one version to another, with these outputs in place of what is recorded of the steps. A run is left as it is
-- where somebody has it, or where it has not exactly these outputs any more. Gives the runs that were carried over.
--
-- Locks: run (for update, by id), ready.
create function pgflow.carry_over(
    p_bucket int, p_worker int, p_from int, p_to int, p_steps int[], p_runs uuid[],
    p_output_runs uuid[], p_output_steps int[], p_output_indexes int[], p_outputs jsonb[]
) returns setof uuid
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_free uuid[];
    v_carried uuid[];
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_runs(p_bucket, p_runs);
    v_free := pgflow.lock_ready(p_bucket, p_runs);
    v_carried := array(
        select w.id from unnest(v_free) w(id)
        cross join lateral (
            select from run r where r.bucket = p_bucket and r.period = period_of_run(w.id) and r.id = w.id and r.version_id = p_from limit 1
        ) r
        where not exists (select from task t where t.bucket = p_bucket and t.run_id = w.id)
          and (select count(*) from unnest(p_output_runs) g(id) where g.id = w.id)
              = (select count(*) from outcome o where o.bucket = p_bucket and o.period = period_of_run(w.id) and o.run_id = w.id
                                                  and o.step = any(p_steps) and o.kind = 'c')
          and not exists (
              select from unnest(p_output_runs, p_output_steps, p_output_indexes) g(id, step, index)
              where g.id = w.id and not exists (
                  select from outcome o where o.bucket = p_bucket and o.period = period_of_run(g.id) and o.run_id = g.id
                                          and o.step = g.step and o.index = g.index and o.kind = 'c')));

    update outcome o set output = g.output
    from unnest(p_output_runs, p_output_steps, p_output_indexes, p_outputs) g(id, step, index, output)
    where g.id = any(v_carried) and o.bucket = p_bucket and o.period = period_of_run(g.id) and o.run_id = g.id and o.step = g.step
      and o.index = g.index;
    update run r set version_id = p_to
    from unnest(v_carried) w(id) where r.bucket = p_bucket and r.period = period_of_run(w.id) and r.id = w.id;
    update ready r set version_id = p_to from unnest(v_carried) w(id) where r.bucket = p_bucket and r.run_id = w.id;
    perform pgflow.note_action(
        p_bucket, v_carried, pgflow.now(), 'carry', null, 'worker ' || p_worker, jsonb_build_object('from', p_from, 'to', p_to));
    return query select unnest(v_carried);
end $$;
