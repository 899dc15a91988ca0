-- broken: s.look_at <= v_now => s.look_at <= v_now + interval '1 day'
-- broken: (s.input is not null or w.name = any(p_workflows)) => true
-- broken: (s.input is not null or w.name = any(p_workflows)) => s.input is not null
-- broken: order by s.look_at => order by s.look_at desc
-- broken: limit p_limit => limit 100

-- case: those that are to be looked at, the earliest first, of which the caller has the input
select stage.define(), stage.define(stage.definition('other'));
select pgflow.create_schedule('stored', 'flow', '0 3 * * *', 'Asia/Tokyo', '5', 'skip'), stage.later('1 s');
select pgflow.create_schedule('made', 'flow', '0 4 * * *'), pgflow.create_schedule('theirs', 'other', '0 5 * * *'),
       pgflow.create_schedule('later', 'flow', '0 6 * * *'), pgflow.create_schedule('paused', 'flow', '0 7 * * *');
update pgflow.schedule set look_at = pgflow.now() + interval '1 s', next_at = pgflow.now() + interval '1 s' where name = 'later';
select pgflow.pause_schedule('paused');
select expect.rows('select name, workflow, cron, timezone, catch_up, paused, stored, pgflow.now() - since, next_at, now = pgflow.now(), triggered
                    from pgflow.due_schedules(0, ''{flow}'', 10)',
    '[["stored", "flow", "0 3 * * *", "Asia/Tokyo", "skip", false, true, "00:00:01", null, true, []],
      ["made", "flow", "0 4 * * *", "UTC", "one", false, false, "00:00:00", null, true, []]]');
select expect.rows('select name from pgflow.due_schedules(0, ''{flow}'', 1)', '[["stored"]]', 'no more than is wanted');
select expect.rows('select name from pgflow.due_schedules(0, ''{}'', 10)', '[["stored"]]', 'by one that has no workflow');
select stage.later('1 s');
select expect.rows('select name, next_at = now from pgflow.due_schedules(0, ''{flow}'', 10) where next_at is not null', '[["later", true]]', 'it has come');
select pgflow.trigger_schedule('paused');
select expect.rows('select name, paused, triggered = array[now], seq = (select s.seq from pgflow.schedule s where s.name = d.name)
                    from pgflow.due_schedules(0, ''{flow}'', 10) d where paused', '[["paused", true, true, true]]', 'somebody has triggered it');
