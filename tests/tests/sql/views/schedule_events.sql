-- case: in order, with who and why
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5', p_reason => 'why', p_actor => 'me');
select pgflow.pause_schedule('mine', p_actor => 'you');
select expect.rows('select schedule, kind, actor, reason, at = pgflow.now(), detail ->> ''cron'' from pgflow.schedule_events order by id',
    '[["mine", "create", "me", "why", true, "0 3 * * *"], ["mine", "pause", "you", null, true, null]]');
