-- Intent: the life of a worker: registering, beating, stopping; bringing in what has become due; recovery of what the dead own.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- A worker is a process (or a part of one): each has a fresh id, and gets another one when it was declared dead.
create function pgflow.register_worker(p_bucket int, p_name text, p_silence interval, p_versions int[], p_queues text[] default '{default}',
                                       p_handlers text[] default '{}') returns int
language sql volatile
set search_path = pgflow, pg_temp
as $$
    insert into worker (bucket, name, started_at, beat_at, steady_since, silence_limit, versions, queues, handlers)
    values (p_bucket, p_name, pgflow.now(), pgflow.now(), pgflow.now(), p_silence, p_versions, p_queues, p_handlers)
    returning id
$$;

-- A sign of life. A beat that comes late starts the time anew during which this worker does not judge others.
--   alive     whether the worker still counts as living
--   fleet     how many workers do
--   troubled  whether there is something to recover
--   due_ms    milliseconds until the next parked run or task is due (null: none waits for a time)
--   called    runs of the worker of which somebody wants something, as messages say
--   errands   whether something is to be said within families of runs
--   schedule_ms  milliseconds until a schedule is to be looked at (null: none waits for a time)
--
-- Locks: worker (its own row).
create function pgflow.beat(
    p_bucket int, p_worker int, out alive boolean, out fleet int, out troubled boolean, out due_ms bigint, out called uuid[],
    out errands boolean, out schedule_ms bigint
)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := pgflow.now();
    v_next timestamptz;
begin
    -- Nothing is promised here, so the commit need not wait for the disk.
    perform set_config('synchronous_commit', 'off', true);
    update worker set
        steady_since = case when v_now - beat_at > silence_limit / 2 then v_now else steady_since end,
        beat_at = v_now
    where bucket = p_bucket and id = p_worker and dead_at is null;
    alive := found;
    select count(*) filter (where w.dead_at is null),
           coalesce(bool_or(case when w.dead_at is null then v_now - w.beat_at > w.silence_limit
                            else exists (select from claim c where c.bucket = w.bucket and c.worker_id = w.id)
                              or exists (select from task t where t.bucket = w.bucket and t.worker_id = w.id) end), false)
    into fleet, troubled
    from worker w where w.bucket = p_bucket;
    select least(
        (select min(available_at) from task where bucket = p_bucket and not due),
        (select min(available_at) from ready where bucket = p_bucket and not due and not paused and available_at < 'infinity')
    ) into v_next;
    called := array(
        select distinct i.run_id from inbox i
        where i.bucket = p_bucket and i.kind <> 's'
          and exists (select from claim c where c.bucket = p_bucket and c.worker_id = p_worker and i.run_id = any(c.runs))
        limit 1000);
    errands := exists (select from errand x where x.bucket = p_bucket);
    -- `greatest` passes over nulls.
    due_ms := case when v_next is not null then greatest(ceil(extract(epoch from v_next - v_now) * 1000), 0) end;
    select min(s.look_at) into v_next from schedule s where s.bucket = p_bucket and s.look_at < 'infinity';
    schedule_ms := case when v_next is not null then greatest(ceil(extract(epoch from v_next - v_now) * 1000), 0) end;
end $$;

-- Brings in the runs and tasks whose time has come, at most p_limit of each, and gives the milliseconds until the next one is due
-- (null: none waits for a time). Runs that come in together join the queue in the order of their times, then of their ids.
--
-- Locks: task, ready (skips locked rows).
create function pgflow.promote(p_bucket int, p_limit int) returns bigint
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := pgflow.now();
    v_tasks bigint[] := array(select id from task where bucket = p_bucket and not due and available_at <= v_now
                              order by available_at limit p_limit for update skip locked);
    v_runs uuid[];
    v_next timestamptz;
begin
    -- Nothing is promised here, so the commit need not wait for the disk.
    perform set_config('synchronous_commit', 'off', true);
    if cardinality(v_tasks) > 0 then
        update task set due = true where bucket = p_bucket and id = any(v_tasks);
    end if;
    v_runs := array(select run_id from ready where bucket = p_bucket and not due and not paused and available_at <= v_now
                    order by available_at limit p_limit for update skip locked);
    if cardinality(v_runs) > 0 then
        -- One after another: each takes the next place in the queue.
        update ready r set due = true, seq = default
        from (
            select q.ctid from unnest(v_runs) w(id)
            cross join lateral (select x.ctid, x.available_at from ready x where x.bucket = p_bucket and x.run_id = w.id limit 1) q
            order by q.available_at, w.id
        ) o
        where r.ctid = o.ctid;
    end if;
    select least(
        (select min(available_at) from task where bucket = p_bucket and not due),
        (select min(available_at) from ready where bucket = p_bucket and not due and not paused and available_at < 'infinity')
    ) into v_next;
    return case when v_next is not null then greatest(ceil(extract(epoch from v_next - v_now) * 1000), 0) end;
end $$;

-- Ends the sessions that act for these workers: a process that was stopped inside a transaction, or a handler that keeps one, holds
-- locks that others would wait for. Every transaction of a worker holds an advisory lock that names it.
create function pgflow.disconnect_workers(p_workers int[]) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_ended int;
begin
    select count(*) into v_ended
    from (
        select pg_terminate_backend(l.pid)
        from pg_locks l
        where l.locktype = 'advisory' and l.classid::bigint = hashtext('pgflow.worker')::bigint & x'ffffffff'::bigint and l.objsubid = 2
          and l.objid::bigint = any(p_workers::bigint[])
          and l.database = (select oid from pg_database where datname = current_database())
          and l.pid <> pg_backend_pid()
    ) x(ended)
    where ended;
    return v_ended;
exception when insufficient_privilege then
    -- Sessions of a role that this one may not end: they go by themselves, by their own time-outs.
    return 0;
end $$;

-- Ends the sessions of workers that have been silent for longer than their limit. To be called, and committed, before `recover`.
create function pgflow.disconnect_silent(p_bucket int, p_worker int) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    if not pgflow.may_judge(p_bucket, p_worker) then
        return 0;
    end if;
    return pgflow.disconnect_workers(array(
        select w.id from worker w
        where w.bucket = p_bucket and w.dead_at is null and w.id <> p_worker and pgflow.now() - w.beat_at > w.silence_limit));
end $$;

-- Whether a worker may declare others dead: its own beats came without a gap, and the server has been up, for the silence limit.
-- An outage of the database blames nobody.
create function pgflow.may_judge(p_bucket int, p_worker int) returns boolean
language sql stable
set search_path = pgflow, pg_temp
as $$
    select coalesce((
        select least(pgflow.now() - steady_since, clock_timestamp() - pg_postmaster_start_time()) >= silence_limit
           and pgflow.now() - beat_at < silence_limit / 2
        from worker where bucket = p_bucket and id = p_worker and dead_at is null
    ), false)
$$;

-- Declares silent workers dead and hands on what the dead own: runs to the queue, tasks to whoever takes them; at most p_limit
-- claims and as many tasks a call. Gives how many workers were declared dead, how many runs and tasks were handed on, and whether
-- the dead own more. What a worker that crashed was executing, as far as it is marked, is suspected from then on; where nothing else
-- ran beside it, it has one more crash to its account.
--
-- Locks: worker (for update: waits for those that have passed the fence), mark (of the dead), task (skips locked rows), share, run,
-- claim (of the dead), ready.
create function pgflow.recover(p_bucket int, p_worker int, p_limit int, out dead int, out runs int, out tasks int, out more boolean)
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := pgflow.now();
    v_silent int[];
    v_gone int[];
    v_stopped int[];
    v_claims bigint[];
    v_owners int[];
    v_runs uuid[] := '{}';
    v_crashed uuid[] := '{}';
    v_freed bigint[];
    v_recalled record;
begin
    dead := 0; runs := 0; tasks := 0; more := false;
    if pgflow.may_judge(p_bucket, p_worker) then
        -- The lock conflicts with the fence, as a plain update would not. Others that recover at the same time pass over the row.
        v_silent := array(select w.id from worker w
                          where w.bucket = p_bucket and w.dead_at is null and w.id <> p_worker and v_now - w.beat_at > w.silence_limit
                          order by w.id for update skip locked);
        update worker w set dead_at = v_now
        where w.bucket = p_bucket and w.id = any(v_silent) and v_now - w.beat_at > w.silence_limit;
        get diagnostics dead = row_count;
    end if;

    -- In later statements: what the dead own now, and nothing that they had given up before.
    v_gone := array(select w.id from worker w where w.bucket = p_bucket and w.dead_at is not null);
    if cardinality(v_gone) = 0 then
        return;
    end if;
    v_stopped := array(select w.id from worker w where w.bucket = p_bucket and w.id = any(v_gone) and w.stopped);

    update mark m set
        worker_id = null,
        suspect = suspect or (d.crashed and d.running),
        crashes = least(m.crashes + (d.crashed and d.running and m.alone)::int, 32767)
    from (
        select k.ctid, not g.id = any(v_stopped) as crashed,
               not exists (select from outcome o where o.bucket = p_bucket and o.period = pgflow.period_of_run(k.run_id) and o.run_id = k.run_id
                                                   and o.step = k.step and o.index = k.index)
               and not exists (select from attempt a where a.bucket = p_bucket and a.period = pgflow.period_of_run(k.run_id) and a.run_id = k.run_id
                                                       and a.step = k.step and a.index = k.index and a.number >= k.attempt) as running
        from unnest(v_gone) g(id)
        cross join lateral (select * from (select x.ctid, x.* from mark x where x.bucket = p_bucket and x.worker_id = g.id for update) x) k
        offset 0
    ) d
    where m.ctid = d.ctid;

    with freed as (
        update task t set worker_id = null, cancelled = null, crashes = least(t.crashes + (not t.worker_id = any(v_stopped))::int, 32767)
        where t.bucket = p_bucket and t.id = any(array(
            select o.id from unnest(v_gone) g(id)
            cross join lateral (
                select x.id from task x where x.bucket = p_bucket and x.worker_id = g.id limit p_limit for update skip locked
            ) o
            limit p_limit))
        returning t.id
    )
    select count(*), array_agg(f.id) into tasks, v_freed from freed f;
    if tasks > 0 then
        -- Those of a run that somebody has paused meanwhile wait with it.
        with gone as (
            delete from task t
            where t.bucket = p_bucket and t.id = any(v_freed)
              and exists (select from ready q where q.bucket = p_bucket and q.run_id = t.run_id and q.paused)
            returning t.run_id, t.step
        ), sums as (
            select g.run_id, g.step, count(*)::int as done from gone g group by g.run_id, g.step
        )
        select array_agg(s.run_id) as runs, array_agg(s.step) as steps, array_agg(s.done) as done, array_agg(false) as failed
        into v_recalled from sums s;
        if v_recalled.runs is not null then
            perform from pgflow.lower_shares(p_bucket, v_recalled.runs, v_recalled.steps, v_recalled.done, v_recalled.failed);
        end if;
    end if;

    select array_agg(c.worker_id), array_agg(c.number) into v_owners, v_claims
    from (
        select x.worker_id, x.number from unnest(v_gone) g(id)
        cross join lateral (
            select c.worker_id, c.number from claim c where c.bucket = p_bucket and c.worker_id = g.id
            order by c.number limit p_limit for update skip locked
        ) x
        limit p_limit
    ) c;
    if v_claims is not null then
        with freed as (
            delete from claim c using unnest(v_owners, v_claims) d(worker_id, number)
            where c.bucket = p_bucket and c.worker_id = d.worker_id and c.number = d.number
            returning c.worker_id, c.runs
        )
        select coalesce(array_agg(r.id), '{}'), coalesce(array_agg(r.id) filter (where not f.worker_id = any(v_stopped)), '{}')
        into v_runs, v_crashed
        from freed f cross join lateral unnest(f.runs) r(id);

        -- Nobody may act on a run that is put back, before that is committed: it would seem to be owned.
        perform pgflow.lock_runs(p_bucket, v_runs);
        if cardinality(v_crashed) > 0 then
            update run r set crashes = least(r.crashes + 1, 32767)
            where r.bucket = p_bucket and (r.period, r.id) in (select pgflow.period_of_run(w), w from unnest(v_crashed) w);
        end if;
        insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
        select p_bucket, r.id, r.period, r.version_id, r.priority, v_now, true, false, r.queue, r.namespace
        from unnest(v_runs) w(id)
        cross join lateral (
            select * from run x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.id = w.id limit 1
        ) r;
        get diagnostics runs = row_count;
    end if;
    more := tasks >= p_limit or coalesce(cardinality(v_claims), 0) >= p_limit;
end $$;

-- The orderly end of a worker: whatever it still owns goes back to the queue.
--
-- Locks: worker (for update), then as recover.
create function pgflow.retire_worker(p_bucket int, p_worker int) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_handed record;
    v_runs int := 0;
begin
    -- Its steps have ended by now; a transaction that is left was kept by a handler, or cut.
    perform pgflow.disconnect_workers(array[p_worker]);
    perform from worker where bucket = p_bucket and id = p_worker and dead_at is null for update;
    if not found then
        return 0;
    end if;
    update worker set dead_at = pgflow.now(), stopped = true where bucket = p_bucket and id = p_worker;
    loop
        select * into v_handed from pgflow.recover(p_bucket, p_worker, 100);
        v_runs := v_runs + v_handed.runs;
        exit when not v_handed.more;
    end loop;
    return v_runs;
end $$;

-- Forgets workers that have been dead for longer than p_age and own nothing, and marks of runs that have ended and messages to them: a
-- message may cross the end of its run. So too those of runs that are gone, with their month.
--
-- Locks: worker, mark, inbox (skip what others have).
create function pgflow.forget_workers(p_bucket int, p_age interval) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_gone int;
begin
    delete from worker w
    where w.bucket = p_bucket and w.dead_at < pgflow.now() - p_age
      and not exists (select from claim c where c.bucket = w.bucket and c.worker_id = w.id)
      and not exists (select from task t where t.bucket = w.bucket and t.worker_id = w.id);
    get diagnostics v_gone = row_count;
    delete from mark
    where ctid = any(array(
        select m.ctid from mark m
        where m.bucket = p_bucket and pgflow.is_over(p_bucket, m.run_id)
        for update skip locked));
    delete from inbox
    where ctid = any(array(
        select i.ctid from inbox i
        where i.bucket = p_bucket and pgflow.is_over(p_bucket, i.run_id)
        for update skip locked));
    return v_gone;
end $$;

-- Whether a run has ended, or there is none.
create function pgflow.is_over(p_bucket int, p_run uuid) returns boolean
language sql stable
as $$
    select exists (select from pgflow.run_end e where e.bucket = p_bucket and e.period = pgflow.period_of_run(p_run) and e.run_id = p_run)
        or not exists (select from pgflow.run r where r.bucket = p_bucket and r.period = pgflow.period_of_run(p_run) and r.id = p_run)
$$;
