-- broken: s.triggered || pgflow.now() => array[pgflow.now()]
-- broken: look_at = pgflow.now(), seq = default => seq = default
-- broken: look_at = pgflow.now(), seq = default => look_at = pgflow.now()

-- case: it is to be looked at now, once for each time; its next time stays
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
update pgflow.schedule set next_at = pgflow.now() + interval '1 h', look_at = pgflow.now() + interval '1 h';
create temporary table before as select seq from pgflow.schedule;
select pgflow.trigger_schedule('mine', 'why', 'me'), stage.later('1 s'), pgflow.trigger_schedule('mine');
select expect.rows('select s.triggered = array[pgflow.now() - interval ''1 s'', pgflow.now()], s.look_at = pgflow.now(), s.next_at - pgflow.now(), s.seq > b.seq
                    from pgflow.schedule s cross join before b', '[[true, true, "00:59:59", true]]');
select expect.rows('select reason, coalesce(nullif(actor, session_user), ''user'') from pgflow.schedule_event where kind = ''trigger'' order by id',
    '[["why", "me"], [null, "user"]]');
select expect.throws($$select pgflow.trigger_schedule('other')$$, 'PF404', 'there is no schedule `other`');
