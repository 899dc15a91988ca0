-- broken: workflow_id is not distinct from v_workflow and => 
-- broken: workflow_id is not distinct from v_workflow => workflow_id = v_workflow
-- broken: when p_status = 'failed' then '{f}' => when p_status = 'failed' then '{c}'
-- broken: if not found then => if false then
-- broken: do update set keep = excluded.keep => do nothing
-- broken: if v_statuses is null then => if false then

-- case: of one workflow or of all, of one status or of all
select stage.define(), stage.define(stage.definition('other'));
select stage.look();
select pgflow.set_retention(null, null, '1 year');
select expect.touched('retention');
select pgflow.set_retention('flow', 'completed', '1 day'), pgflow.set_retention('flow', 'failed', '2 days'), pgflow.set_retention('other',
       'cancelled', '0');
select expect.rows('select * from pgflow.retentions order by workflow, status',
    '[["flow", "completed", "1 day"], ["flow", "failed", "2 days"], ["other", "cancelled", "00:00:00"], [null, "cancelled", "1 year"], [null, "completed", "1 year"],
      [null, "failed", "1 year"]]');
select pgflow.set_retention('flow', 'completed', '3 days'), pgflow.set_retention('flow', 'failed', null), pgflow.set_retention(null, 'completed',
       null);
select expect.rows('select * from pgflow.retentions order by workflow, status',
    '[["flow", "completed", "3 days"], ["other", "cancelled", "00:00:00"], [null, "cancelled", "1 year"], [null, "failed", "1 year"]]',
           'changed and removed');
select pgflow.set_retention(null, null, null), pgflow.set_retention('other', null, null);
select expect.rows('select * from pgflow.retentions', '[["flow", "completed", "3 days"]]', 'what is left');

-- case: what is no status, workflow or time is refused
select stage.define();
select stage.look();
select expect.throws($$select pgflow.set_retention(null, 'live', '1 day')$$, '22023', 'runs do not end as `live`',
       'They end as completed, failed or cancelled.');
select expect.throws($$select pgflow.set_retention('other', null, '1 day')$$, 'PF404', 'there is no workflow `other`');
select expect.throws($$select pgflow.set_retention('other', null, null)$$, 'PF404', 'there is no workflow `other`');
select expect.throws($$select pgflow.set_retention('flow', null, '-1 day')$$, '23514', '%retention_keep_check%');
select expect.touched();
