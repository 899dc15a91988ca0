-- broken: if v_end is null and p_status not in => if false and p_status not in
-- broken: p_status = 'live' or => false or
-- broken: and (p_namespace is null or q.namespace = p_namespace) =>
-- broken: (v_versions is null or q.version_id = any(v_versions)) => true
-- broken: when 'failed' then 'f' => when 'failed' then 'x'
-- broken: order by l.run_id desc => order by l.run_id
-- broken: order by e.period desc, e.run_id desc => order by e.period, e.run_id
-- broken: u.id < v_after and p_status in ('live', 'running') => p_status in ('live', 'running')
-- broken: and (v_versions is null or r.version_id = any(v_versions)) =>

-- case: every combination, as one would ask the view; and pages of it
select stage.define(), stage.define(stage.definition('other'));
select stage.worker();
do $$
declare
    v_at int := 0;
    v_name text;
begin
    for v_name in select format('%s %s %s', s, w, n) from unnest('{scheduled,running,parked,paused,c,f,x}'::text[]) s,
           unnest('{flow,other}'::text[]) w, unnest('{"",n,o}'::text[]) n loop
        v_at := v_at + 1;
        perform stage.later('10 h');
        perform stage.start(v_name, p_workflow => split_part(v_name, ' ', 2), p_namespace => split_part(v_name, ' ', 3));
        case split_part(v_name, ' ', 1)
            when 'running' then perform stage.own('w', v_name);
            when 'parked' then perform stage.park(v_name);
            when 'paused' then perform pgflow.pause_run(stage.run(v_name));
            when 'scheduled' then null;
            else perform stage.end(v_name, split_part(v_name, ' ', 1)::"char");
        end case;
    end loop;
end $$;
select stage.look();
do $$
declare
    v_asked record;
    v_expected text[];
    v_found uuid[];
    v_page uuid[];
begin
    for v_asked in
        select s, w, n from unnest('{NULL,live,scheduled,running,paused,completed,failed,cancelled}'::text[]) s,
               unnest('{NULL,flow,other,unknown}'::text[]) w,
                            unnest('{NULL,"",n,o,p}'::text[]) n
    loop
        v_expected := array(select r.run_id from pgflow.runs r
                            where (v_asked.w is null or r.workflow = v_asked.w) and (v_asked.n is null or r.namespace = v_asked.n)
                              and (v_asked.s is null or r.status = v_asked.s or v_asked.s = 'live' and r.ended_at is null) order by r.run_id desc);
        perform expect.equal(pgflow.page_of_runs(0, v_asked.w, v_asked.s, v_asked.n, null, 1000)::text[], v_expected, format('all of %s', v_asked));
        v_found := '{}';
        loop
            v_page := pgflow.page_of_runs(0, v_asked.w, v_asked.s, v_asked.n, v_found[cardinality(v_found)], 4);
            v_found := v_found || v_page;
            exit when cardinality(v_page) < 4 or cardinality(v_found) > 100;
        end loop;
        perform expect.equal(v_found::text[], v_expected, format('pages of %s', v_asked));
    end loop;
end $$;
select expect.equal(pgflow.page_of_runs(1, null, null, null, null, 10), '{}', 'in another bucket');
select expect.equal(pgflow.page_of_runs(0, null, null, null, null, 0), '{}', 'none');
select expect.touched();

-- case: a status that there is not is refused
select expect.throws(format('select pgflow.page_of_runs(0, null, %L, null, null, 10)', s), '22023', format('no run is `%s`', s),
                     'A run is scheduled, running, paused, completed, failed or cancelled; `live`%') from unnest('{done,Failed,""}'::text[]) s;
