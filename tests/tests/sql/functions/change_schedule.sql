-- broken: then v_now else s.since end => then s.since else s.since end
-- broken: then null else s.next_at end => then s.next_at else s.next_at end
-- broken: then null else s.next_at end => then null else null end
-- broken: problem = null, seq = default => problem = s.problem, seq = default
-- broken: problem = null, seq = default => problem = null
-- broken: case when s.paused and s.triggered = '{}' then => case when false then
-- broken: input = p_input => input = s.input

-- case: everything that may be said; the next time stays where the times do
set local search_path = pgflow, pg_temp;
select stage.define(), stage.define(stage.definition('other'));
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
update pgflow.schedule set next_at = pgflow.now() + interval '1 h', look_at = pgflow.now() + interval '1 h', problem = 'none';
create temporary table before as select seq from pgflow.schedule;
select stage.later('1 min');
select pgflow.change_schedule(0, 'mine', (select id from pgflow.workflow where name = 'other'), true, '0 3 * * *', 'UTC', 'skip', '6', 'q', 3, 's');
select expect.rows('select w.name, s.declared, s.catch_up, s.input, s.queue, s.priority, s.namespace, s.problem, s.seq > b.seq
                    from pgflow.schedule s join pgflow.workflow w on w.id = s.workflow_id cross join before b', '[["other", true, "skip", 6, "q", 3, "s", null, true]]');
select expect.rows('select pgflow.now() - since, next_at - pgflow.now(), look_at - pgflow.now() from pgflow.schedule',
                   '[["00:01:00", "00:59:00", "00:00:00"]]');

-- case: other times count from now on
set local search_path = pgflow, pg_temp;
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5'), pgflow.create_schedule('other', 'flow', '0 3 * * *', p_input => '5');
update pgflow.schedule set next_at = pgflow.now();
select stage.later('1 min');
select pgflow.change_schedule(0, 'mine', workflow_id, false, '0 4 * * *', 'UTC', 'one', '5', 'default', 0, '') from pgflow.schedule where name = 'mine';
select pgflow.change_schedule(0, 'other', workflow_id, false, '0 3 * * *', 'Asia/Tokyo', 'one', '5', 'default', 0, '')
from pgflow.schedule where name = 'other';
select expect.rows('select cron, timezone, since = pgflow.now(), next_at from pgflow.schedule order by name',
    '[["0 4 * * *", "UTC", true, null], ["0 3 * * *", "Asia/Tokyo", true, null]]');

-- case: one that is paused is looked at only where somebody has triggered it
set local search_path = pgflow, pg_temp;
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5'), pgflow.create_schedule('other', 'flow', '0 3 * * *', p_input => '5');
select pgflow.pause_schedule('mine'), pgflow.pause_schedule('other'), pgflow.trigger_schedule('other');
select pgflow.change_schedule(0, name, workflow_id, false, '0 4 * * *', 'UTC', 'one', '5', 'default', 0, '') from pgflow.schedule;
select expect.rows('select paused, look_at = ''infinity'', look_at = pgflow.now() from pgflow.schedule order by name',
    '[[true, true, false], [true, false, true]]');
