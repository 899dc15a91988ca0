-- What the model test asks of a database, and does to it.

create schema harness;

-- Each run in words: where it is, what is recorded of it, how its steps stand.
create function harness.look(p_runs uuid[]) returns text[]
language plpgsql stable
set enable_seqscan = off
as $$
declare
    v_run uuid;
    v_period int;
    v_text text;
    v_texts text[] := '{}';
begin
    foreach v_run in array p_runs loop
        v_period := pgflow.period_of_run(v_run);
        select case
                   when e.status = 'c' then 'completed ' || coalesce(r.output::text, '-')
                   when e.status = 'f' then 'failed ' || coalesce(r.failed_step, '-') || case when r.error is null then ' without an error' else '' end
                   when e.status = 'x' then 'cancelled'
                   when q.paused then 'paused'
                   when q.due then 'queued'
                   when q.fresh then 'scheduled'
                   when q.run_id is not null then 'parked'
                   else 'owned'
               end || case when q.run_id is null and e.run_id is null and exists (
                   select from pgflow.inbox i where i.bucket = 0 and i.run_id = v_run and i.index = -2) then ' unheard' else '' end || E'\n'
        into v_text
        from (select v_run as id) w
        left join pgflow.run_end e on e.bucket = 0 and e.period = v_period and e.run_id = w.id
        left join pgflow.ready q on q.bucket = 0 and q.run_id = w.id
        left join lateral pgflow.run_results(array[w.id]) r on e.run_id is not null;

        v_text := v_text || coalesce((
            select string_agg(format(E'outcome %s %s %s %s %s\n', o.step, o.index, o.kind, o.attempts, coalesce(o.output::text, '-')), ''
                              order by o.step, o.index)
            from pgflow.outcome o where o.bucket = 0 and o.period = v_period and o.run_id = v_run), '');
        v_text := v_text || coalesce((
            select string_agg(format(E'tried %s %s %s %s%s\n', a.step, a.index, a.number,
                                     case when a.retry_at > pgflow.now() + interval '1 min' then 'later' else 'due' end,
                                     case when a.resumed then ' resumed' else '' end), ''
                              order by a.step, a.index, a.number)
            from pgflow.attempt a where a.bucket = 0 and a.period = v_period and a.run_id = v_run), '');
        v_text := v_text || coalesce((
            select string_agg(format(E'map %s %s\n', m.step, m.items), '' order by m.step)
            from pgflow.map m where m.bucket = 0 and m.period = v_period and m.run_id = v_run), '');
        v_text := v_text || coalesce((
            select string_agg(format(E'step %s %s\n', s.number,
                                     case when s.status in ('ready', 'waiting', 'running') then 'open' else s.status end), '' order by s.number)
            from pgflow.run_steps(v_run) s), '');
        v_texts := v_texts || v_text;
    end loop;
    return v_texts || array(select format('%s: %s', b.run_id, b.problem) from pgflow.broken_invariants() b);
end $$;

-- A message to the owner of a run, if it has one, about an item that there is not: when that is heard, so are all that came before.
create function harness.nudge(p_run uuid) returns boolean
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
begin
    perform pgflow.lock_runs(0, array[p_run]);
    insert into pgflow.inbox (bucket, run_id, sent_at, step, index, kind)
    select 0, p_run, pgflow.now(), 0, -2, 'a' where exists (select from pgflow.claim c where p_run = any(c.runs));
    return found;
end $$;

-- Declares the living worker of a name dead, as another one would after its silence, and hands on what it has.
create function harness.kill(p_name text) returns boolean
language plpgsql volatile
as $$
declare
    v_victim int := (select max(w.id) from pgflow.worker w where w.name = p_name and w.dead_at is null);
    v_judge int;
    v_handed record;
begin
    if v_victim is null then
        return false;
    end if;
    -- What it has under way in the database commits before.
    perform from pgflow.worker w where w.bucket = 0 and w.id = v_victim for update;
    v_judge := pgflow.register_worker(0, 'judge', interval '10 ms', '{}');
    update pgflow.worker set steady_since = steady_since - interval '1 h', beat_at = beat_at + interval '1 h' where bucket = 0 and id = v_judge;
    update pgflow.worker set beat_at = beat_at - silence_limit - interval '1 h' where bucket = 0 and id = v_victim;
    loop
        select * into v_handed from pgflow.recover(0, v_judge, 100);
        exit when not v_handed.more;
    end loop;
    delete from pgflow.worker where bucket = 0 and id = v_judge;
    return exists (select from pgflow.worker w where w.bucket = 0 and w.id = v_victim and w.dead_at is not null);
end $$;

-- Lets hours pass for all runs that no worker has.
create function harness.pass_time() returns void
language plpgsql volatile
as $$
begin
    update pgflow.attempt a set retry_at = a.retry_at - interval '3 h'
    where not exists (select from pgflow.claim c where a.run_id = any(c.runs));
    update pgflow.ready set available_at = available_at - interval '3 h' where not due;
    perform pgflow.promote(0, 1000);
end $$;

create function harness.clear() returns void
language plpgsql volatile
as $$
begin
    delete from pgflow.run;
    delete from pgflow.run_end;
    delete from pgflow.outcome;
    delete from pgflow.attempt;
    delete from pgflow.map;
    delete from pgflow.action;
    delete from pgflow.inbox;
    delete from pgflow.worker w
    where w.dead_at is not null and not exists (select from pgflow.claim c where c.worker_id = w.id and c.runs <> '{}');
end $$;
