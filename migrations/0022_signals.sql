-- Intent: signals: messages to a run, for a step that waits for one before its first attempt.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- A step begins to wait when what it depends on is done: that is an attempt of number 0, which says until when. A signal that was sent
-- before is there already. One that comes later than the wait has lasted is kept with the others, and is given to nobody.

-- Sends a signal to a run. It is kept whether or not its step waits for it yet, and given to the step when it begins: the first one, or
-- the latest that was sent by then, as the step is declared. Several steps that wait for a signal of this name are all given it.
-- The payload is checked by the schema. p_sender says who sends it; null for the role that is logged in.
--
-- Locks: run (for update), inbox (insert), ready.
create function pgflow.send_signal(p_run uuid, p_signal text, p_payload jsonb default 'null', p_sender text default null) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_bucket int := bucket_of_run(p_run);
    v_period int := period_of_run(p_run);
    v_payload jsonb := coalesce(p_payload, 'null');
    v_now timestamptz;
    v_version int;
    v_steps smallint[];
    v_waiting smallint[];
    v_problem text;
    v_end "char";
begin
    perform pgflow.require_read_committed();
    perform pgflow.lock_runs(v_bucket, array[p_run]);
    select r.version_id into v_version from run r where r.bucket = v_bucket and r.period = v_period and r.id = p_run;
    if not found then
        raise exception 'there is no run %', p_run using errcode = 'PF404';
    end if;
    v_steps := array(select s.number from step s where s.version_id = v_version and s.signal = p_signal order by s.number);
    if cardinality(v_steps) = 0 then
        raise exception 'no step of run % waits for a signal `%`', p_run, p_signal using errcode = 'PF404', hint = coalesce(
            (select 'Its signals: ' || string_agg(distinct format('`%s`', s.signal), ', ') || '.'
             from step s where s.version_id = v_version and s.signal is not null), 'No step of it waits for any.');
    end if;
    select string_agg(pgflow.schema_problem(d.schema, d.schema, v_payload, p_signal), '; ') into v_problem
    from version v
    cross join lateral jsonb_array_elements(v.definition -> 'steps') x(step)
    cross join lateral (select x.step #> '{signal,payload}' as schema) d
    where v.id = v_version and x.step #>> '{signal,name}' = p_signal;
    if v_problem is not null then
        raise exception 'the payload does not fit signal `%`: %', p_signal, v_problem using errcode = 'PF422';
    end if;
    v_now := pgflow.now();
    select e.status into v_end from run_end e where e.bucket = v_bucket and e.period = v_period and e.run_id = p_run;
    if found then
        raise exception 'run % takes no signal: it has ended as %', p_run, pgflow.status_word(v_end, null, null) using errcode = 'PF409';
    end if;

    insert into signal (bucket, period, run_id, step, sent_at, sender, payload)
    select v_bucket, v_period, p_run, s.number, v_now, coalesce(p_sender, session_user), v_payload from unnest(v_steps) s(number);
    -- Of a step that is done, nobody is to hear it.
    v_waiting := array(
        select s.number from unnest(v_steps) s(number)
        where not exists (
            select from outcome o where o.bucket = v_bucket and o.period = v_period and o.run_id = p_run and o.step = s.number));
    if cardinality(v_waiting) > 0 then
        insert into inbox (bucket, run_id, sent_at, step, kind) select v_bucket, p_run, v_now, s.number, 'g' from unnest(v_waiting) s(number);
        perform pgflow.make_due(v_bucket, array[p_run]);
    end if;
end $$;

-- The signals that steps of these runs are given that have no outcome yet: of each step the first, or the latest, of those that came
-- before its wait was over.
create function pgflow.signals_of(p_bucket int, p_runs uuid[]) returns setof pgflow.answer
language plpgsql volatile
as $$
begin
    return query
    select distinct on (g.run_id, g.step)
           18::smallint, g.run_id, (extract(epoch from g.sent_at) * 1000000)::bigint, null::int, g.step::int, null::int, null::int, null::"char",
           g.payload, g.sender
    from unnest(p_runs) w(id)
    cross join lateral (
        select * from signal x where x.bucket = p_bucket and x.period = pgflow.period_of_run(w.id) and x.run_id = w.id offset 0
    ) g
    cross join lateral (
        select r.version_id from run r where r.bucket = p_bucket and r.period = g.period and r.id = g.run_id limit 1
    ) r
    cross join lateral (select s.options from step s where s.version_id = r.version_id and s.number = g.step limit 1) s
    where g.sent_at <= coalesce((
              select a.retry_at from attempt a
              where a.bucket = p_bucket and a.period = g.period and a.run_id = g.run_id and a.step = g.step and a.index = -1 and a.number = 0),
              'infinity')
      and not exists (
          select from outcome o where o.bucket = p_bucket and o.period = g.period and o.run_id = g.run_id and o.step = g.step)
    order by g.run_id, g.step, case when (s.options ->> 'latest_signal')::boolean then -g.number else g.number end;
end $$;

-- The signals of a run, in the order in which they were sent.
create function pgflow.run_signals(p_run uuid) returns table (
    number bigint, signal text, step text, sent_at timestamptz, sender text, payload jsonb
)
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select g.number, s.signal, s.name, g.sent_at, g.sender, g.payload
    from signal g
    join run r on r.bucket = g.bucket and r.period = g.period and r.id = g.run_id
    join step s on s.version_id = r.version_id and s.number = g.step
    where g.bucket = bucket_of_run(p_run) and g.period = period_of_run(p_run) and g.run_id = p_run
    order by g.number;
end $$;
