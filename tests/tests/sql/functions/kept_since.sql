-- broken: order by r.workflow_id nulls last => order by r.workflow_id nulls first
-- broken: or r.workflow_id is null => or true
-- broken: r.status = p_status and =>
-- broken: p_now - r.keep => p_now + r.keep

-- case: what is said of a workflow goes before what is said of all; nothing said is for ever
select stage.define(), stage.define(stage.definition('other'));
insert into pgflow.retention select w.id, 'c'::"char", interval '1 day' from pgflow.workflow w where w.name = 'flow' union all select null, 'c',
       '1 year' union all select null, 'x', '0';
select expect.rows($$select w.name, s, pgflow.now() - pgflow.kept_since(w.id, s, pgflow.now()) from pgflow.workflow w,
       unnest('{c,f,x}'::"char"[]) s order by 1, 2$$,
    '[["flow", "c", "1 day"], ["flow", "f", null], ["flow", "x", "00:00:00"], ["other", "c", "365 days"], ["other", "f", null], ["other", "x", "00:00:00"]]');
