-- broken: nullif(p_definition -> 'schedule', 'null') => p_definition -> 'schedule'
-- broken: then null else 'null'::jsonb end => then 'null'::jsonb else 'null'::jsonb end
-- broken: if v_old.declared then => if true then
-- broken: 'the workflow declares it no more', null => 'gone', null
-- broken: elsif v_old.name is null then => elsif false then
-- broken: (true, v_wanted ->> 'cron' => (v_old.declared, v_wanted ->> 'cron'

-- case: it is made, stays, changes and goes
set local search_path = pgflow, pg_temp;
select stage.define();
create temporary table wanted as select id, stage.definition() || '{"schedule": {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one"}}' as definition
from pgflow.workflow;
select stage.look();
select pgflow.declare_schedule(id, definition) from wanted;
select expect.touched('schedule', 'schedule_event');
select expect.rows('select name, declared, cron, timezone, catch_up, input, next_at, look_at = pgflow.now(), queue, priority, namespace from pgflow.schedule',
    '[["flow", true, "0 3 * * *", "UTC", "one", null, null, true, "default", 0, ""]]');
select expect.rows('select input::text from pgflow.schedule', '[["null"]]', 'an input, which is null');
select pgflow.declare_schedule(id, definition) from wanted;
select expect.touched();
select pgflow.declare_schedule(id, jsonb_set(definition, '{schedule,computed_input}', 'true')) from wanted;
select expect.rows('select input is null from pgflow.schedule', '[[true]]', 'the program makes it');
select pgflow.declare_schedule(id, jsonb_set(definition, '{schedule,cron}', '"0 4 * * *"')) from wanted;
select expect.rows('select cron from pgflow.schedule', '[["0 4 * * *"]]');
select pgflow.declare_schedule(id, definition || '{"schedule": null}') from wanted;
select expect.rows('select * from pgflow.schedule', '[]');
select pgflow.declare_schedule(id, definition - 'schedule') from wanted;
select expect.rows('select kind, reason, actor = session_user, detail from pgflow.schedule_event order by id',
    '[["create", "the workflow declares it", true, {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one"}],
      ["change", "the workflow declares it otherwise", true, {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one"}],
      ["change", "the workflow declares it otherwise", true, {"cron": "0 4 * * *", "timezone": "UTC", "catch_up": "one"}],
      ["delete", "the workflow declares it no more", true, {}]]');

-- case: one of its name that was made at run time becomes its own, and is not deleted by a workflow that declares none
set local search_path = pgflow, pg_temp;
select stage.define(stage.definition('other'));
select pgflow.create_schedule('flow', 'other', '0 3 * * *', p_input => '5');
select stage.define();
select expect.rows('select name, declared from pgflow.schedules', '[["flow", false]]');
select stage.look();
select pgflow.declare_schedule(id, stage.definition()) from pgflow.workflow where name = 'flow';
select expect.touched();
select pgflow.declare_schedule(id, stage.definition() || '{"schedule": {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one", "computed_input": true}}')
from pgflow.workflow where name = 'flow';
select expect.rows('select name, workflow, declared from pgflow.schedules', '[["flow", "flow", true]]');
select pgflow.declare_schedule(id, stage.definition()) from pgflow.workflow where name = 'flow';
select expect.rows('select name from pgflow.schedules', '[]');

-- case: one that was made at run time with all that the workflow would say is its own as well
set local search_path = pgflow, pg_temp;
select stage.define(stage.definition('other'));
select pgflow.create_schedule('flow', 'other', '0 3 * * *');
select stage.define();
select pgflow.declare_schedule(id, stage.definition() || '{"schedule": {"cron": "0 3 * * *", "timezone": "UTC", "catch_up": "one", "computed_input": true}}')
from pgflow.workflow where name = 'flow';
select expect.rows('select workflow, declared from pgflow.schedules', '[["flow", true]]');
