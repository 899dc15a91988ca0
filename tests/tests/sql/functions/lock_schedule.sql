-- broken: if not found then => if false then
-- broken: and s.name = p_name; => and s.name >= p_name order by s.name limit 1;
-- broken: limit 20 => limit 1

-- case: the schedule of the name
set local search_path = pgflow, pg_temp;
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5'), pgflow.create_schedule('other', 'flow', '0 4 * * *', p_input => '5');
select expect.rows('select name, cron from pgflow.lock_schedule(''mine'')', '[["mine", "0 3 * * *"]]');
select expect.throws($$select pgflow.lock_schedule('min')$$, 'PF404', 'there is no schedule `min`', 'Schedules: `mine`, `other`.');

-- case: none has been made
set local search_path = pgflow, pg_temp;
select expect.throws($$select pgflow.lock_schedule('mine')$$, 'PF404', 'there is no schedule `mine`', 'None has been made yet.');
