-- broken: if v_old.declared then => if false then
-- broken: and s.name = p_name; => ;
-- broken: 'delete', p_reason, p_actor => 'delete', null, null

-- case: it is gone, and what was done to it stays
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5'), pgflow.create_schedule('other', 'flow', '0 3 * * *', p_input => '5');
select pgflow.delete_schedule('mine', 'why', 'me');
select expect.rows('select name from pgflow.schedule', '[["other"]]');
select expect.rows('select kind, reason from pgflow.schedule_event where name = ''mine'' order by id', '[["create", null], ["delete", "why"]]');
select expect.throws($$select pgflow.delete_schedule('mine')$$, 'PF404', 'there is no schedule `mine`');

-- case: one that a workflow declares is refused
select stage.define(stage.definition() || '{"schedule": {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one"}}');
select stage.look();
select expect.throws($$select pgflow.delete_schedule('flow')$$, 'PF409', 'schedule `flow` cannot be deleted: the workflow declares it', 'Pause it,%');
select expect.touched();
