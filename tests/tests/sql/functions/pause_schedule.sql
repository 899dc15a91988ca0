-- broken: if not v_old.paused then => if true then
-- broken: next_at = null, seq = default => seq = default
-- broken: next_at = null, seq = default => next_at = null
-- broken: then 'infinity' else s.look_at end => then 'infinity' else 'infinity' end

-- case: it has no next time, and is not looked at; twice is once
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
update pgflow.schedule set next_at = pgflow.now();
create temporary table before as select seq from pgflow.schedule;
select pgflow.pause_schedule('mine', 'why', 'me');
select expect.rows('select s.paused, s.next_at, s.look_at, s.seq > b.seq from pgflow.schedule s cross join before b', '[[true, null, "infinity", true]]');
select expect.rows('select kind, reason, actor, detail from pgflow.schedule_event where kind <> ''create''', '[["pause", "why", "me", {}]]');
select stage.look();
select pgflow.pause_schedule('mine');
select expect.touched();
select expect.throws($$select pgflow.pause_schedule('other')$$, 'PF404', 'there is no schedule `other`');

-- case: what somebody has triggered is started all the same
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
select pgflow.trigger_schedule('mine'), pgflow.pause_schedule('mine');
select expect.rows('select paused, look_at = pgflow.now() from pgflow.schedule', '[[true, true]]');
