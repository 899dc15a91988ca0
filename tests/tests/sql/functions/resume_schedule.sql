-- broken: if v_old.paused then => if true then
-- broken: since = pgflow.now(), => since = s.since,
-- broken: look_at = pgflow.now(), seq = default => look_at = pgflow.now()
-- broken: look_at = pgflow.now(), => look_at = s.look_at,

-- case: its times count from now on; one that is not paused stays as it is
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
select stage.look();
select pgflow.resume_schedule('mine');
select expect.touched();
select pgflow.pause_schedule('mine');
create temporary table before as select seq from pgflow.schedule;
select stage.later('1 day');
select pgflow.resume_schedule('mine', 'why', 'me');
select expect.rows('select s.paused, s.next_at, s.since = pgflow.now(), s.look_at = pgflow.now(), s.seq > b.seq from pgflow.schedule s cross join before b',
    '[[false, null, true, true, true]]');
select expect.rows('select reason, actor from pgflow.schedule_event where kind = ''resume''', '[["why", "me"]]');
select expect.throws($$select pgflow.resume_schedule('other')$$, 'PF404', 'there is no schedule `other`');
