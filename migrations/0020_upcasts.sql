-- Intent: runs of an older version go on in a newer one, whose program can read their outputs (up-casters).
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- Such a run is carried over before anybody of the new program takes it: its recorded outputs are replaced by what the program makes of
-- them, and its version becomes one with the old graph and the new types. From then on it is a run as any other, which old programs
-- leave alone. Only a run in the queue is carried over: whoever has it, or work of it, goes on in peace.
--
-- Work of it that nobody has taken is taken back with that, as where a run is paused: nobody of the new program would take it, and a run
-- that waits for it would wait for ever once the last old program has gone. Whoever takes the run gives it away anew.

-- Runs of a version in these queues that are due, or have work there that nobody has taken, with what they have recorded of these steps: a
-- row for each output; one without a step for a run that has none. Runs in p_left are left out, and those of which somebody has work.
-- At most p_limit runs: higher priorities first, then those that were started first.
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
            (select c.run_id, c.period, c.priority from ready c
             where c.bucket = p_bucket and c.queue = q.name and c.version_id = p_version and c.due and c.namespace = ''
             order by -c.priority, c.seq limit p_limit + cardinality(p_left))
            union all
            (select c.run_id, c.period, c.priority from ready c
             where c.bucket = p_bucket and c.queue = q.name and c.version_id = p_version and c.due and c.namespace <> ''
             order by c.namespace, -c.priority, c.seq limit p_limit + cardinality(p_left))
            union all
            (select t.run_id, t.period, t.priority from task t
             where t.bucket = p_bucket and t.queue = q.name and t.version_id = p_version and t.worker_id is null and t.due and t.namespace = ''
             order by -t.priority, t.turn, t.id limit p_limit + cardinality(p_left))
            union all
            (select t.run_id, t.period, t.priority from task t
             where t.bucket = p_bucket and t.queue = q.name and t.version_id = p_version and t.worker_id is null and t.due and t.namespace <> ''
             order by t.namespace, -t.priority, t.turn, t.id limit p_limit + cardinality(p_left))
        ) x
        where not x.run_id = any(p_left)
          and exists (select from ready c where c.bucket = p_bucket and c.run_id = x.run_id)
          and not exists (select from task t where t.bucket = p_bucket and t.run_id = x.run_id and t.worker_id is not null)
        group by x.run_id, x.period
        order by max(x.priority) desc, x.run_id
        limit p_limit
    ) d
    left join lateral (
        select y.step, y.index, y.output from outcome y
        where y.bucket = p_bucket and y.period = d.period and y.run_id = d.run_id and y.step = any(p_steps) and y.kind = 'c' offset 0
    ) o on true;
end $$;

-- Carries runs over from one version to another, with these outputs in place of what is recorded of the steps. A run is left as it is
-- where somebody has it, or work of it, or acts upon it just now, or where it has not exactly these outputs any more. What of its work
-- nobody has taken is taken back, and the run is due. It gets another place in the queue: workers look for no more before the one up to
-- which they have taken runs of the other version. Gives the runs that were carried over.
--
-- What is recorded as an output of a step stays that for as long as the run has not ended: so those that were read are still these.
--
-- Locks: task, share, run (by id), ready (skips what others have).
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
    v_now timestamptz;
    v_tasks bigint[];
    v_shares tid[];
    v_runs uuid[];
    v_carried uuid[];
begin
    perform pgflow.require_read_committed();
    -- While they are locked, nobody takes them or brings others of their run.
    v_tasks := array(
        select t.id from (select distinct u.id from unnest(p_runs) u(id)) w
        cross join lateral (
            select x.id from task x where x.bucket = p_bucket and x.run_id = w.id and x.worker_id is null for update skip locked
        ) t);
    v_shares := array(
        select s.ctid from (select distinct u.id from unnest(p_runs) u(id)) w
        cross join lateral (select x.ctid from share x where x.bucket = p_bucket and x.run_id = w.id for update skip locked) s);
    v_runs := array(
        select r.id from (select distinct u.id from unnest(p_runs) u(id) order by u.id) w
        cross join lateral (
            select x.id from run x
            where x.bucket = p_bucket and x.period = period_of_run(w.id) and x.id = w.id and x.version_id = p_from
            limit 1 for update skip locked
        ) r);
    v_runs := array(
        select q.run_id from unnest(v_runs) w(id)
        cross join lateral (select x.run_id from ready x where x.bucket = p_bucket and x.run_id = w.id limit 1 for update skip locked) q);

    -- Read after the locks.
    v_runs := array(
        select w.id from unnest(v_runs) w(id)
        where not exists (select from task t where t.bucket = p_bucket and t.run_id = w.id and not t.id = any(v_tasks))
          and not exists (select from share s where s.bucket = p_bucket and s.run_id = w.id and not s.ctid = any(v_shares)));
    v_carried := array(
        select w.id from unnest(v_runs) w(id)
        left join (
            select g.run_id, count(*) as outputs, count(o.known) as known
            from (select distinct u.run_id, u.step, u.index from unnest(p_output_runs, p_output_steps, p_output_indexes) u(run_id, step, index)) g
            left join lateral (
                select true as known from outcome x
                where x.bucket = p_bucket and x.period = period_of_run(g.run_id) and x.run_id = g.run_id and x.step = g.step
                  and x.index = g.index and x.kind = 'c'
                limit 1
            ) o on true
            where g.run_id = any(v_runs) and g.step = any(p_steps)
            group by g.run_id
        ) g on g.run_id = w.id
        where coalesce(g.outputs, 0) = coalesce(g.known, 0)
          and coalesce(g.outputs, 0) = (
              select count(*) from outcome o
              where o.bucket = p_bucket and o.period = period_of_run(w.id) and o.run_id = w.id and o.step = any(p_steps) and o.kind = 'c'));
    v_now := pgflow.now();

    update outcome o set output = g.output
    from unnest(p_output_runs, p_output_steps, p_output_indexes, p_outputs) g(run_id, step, index, output)
    where g.run_id = any(v_carried) and g.step = any(p_steps)
      and o.bucket = p_bucket and o.period = period_of_run(g.run_id) and o.run_id = g.run_id and o.step = g.step and o.index = g.index;
    update run r set version_id = p_to
    from unnest(v_carried) w(id) where r.bucket = p_bucket and r.period = period_of_run(w.id) and r.id = w.id;
    -- In the order in which they stand.
    update ready r set version_id = p_to, due = o.due, available_at = case when r.due = o.due then r.available_at else v_now end, seq = default
    from (
        select q.ctid, q.due or q.tasks and not q.paused as due
        from unnest(v_carried) w(id)
        cross join lateral (
            select x.ctid, x.due, x.paused, x.seq,
                   exists (select from task t where t.bucket = p_bucket and t.run_id = w.id) as tasks
            from ready x where x.bucket = p_bucket and x.run_id = w.id limit 1
        ) q
        order by q.seq
    ) o
    where r.ctid = o.ctid;
    delete from task t where t.bucket = p_bucket and t.id = any(v_tasks) and t.run_id = any(v_carried);
    delete from share s where s.bucket = p_bucket and s.run_id = any(v_carried);
    perform pgflow.note_action(
        p_bucket, v_carried, v_now, 'carry', null, 'worker ' || p_worker, jsonb_build_object('from', p_from, 'to', p_to));
    return query select unnest(v_carried);
end $$;
