-- broken: perform pgflow.require_read_committed(); =>
-- broken: if exists (select from workflow w where w.name = p_name) then => if false then
-- broken: if p_catch_up is null or p_catch_up not in ('skip', 'one', 'all') then => if false then
-- broken: if v_problem is not null then => if false then
-- broken: v.id = w.current_version where => v.id <> w.current_version where
-- broken: p_cron, p_timezone, p_catch_up, p_queue, p_namespace, p_input) => p_cron, 'UTC', p_catch_up, p_queue, p_namespace, p_input)
-- broken: if not p_replace then => if false then
-- broken: return 'unchanged'; => return 'changed';
-- broken: perform pgflow.note_schedule(v_bucket, p_name, 'change', p_reason =>perform pgflow.note_schedule(v_bucket, p_name, 'change', null

-- case: it is made, with all that may be said
select stage.define();
select stage.look();
select expect.equal(pgflow.create_schedule('mine', 'flow', '0 3 * * *', 'Asia/Tokyo', '5', 'all', 'q', 7, 's', false, 'why', 'me'), 'created', 'what was done');
select expect.touched('schedule', 'schedule_event');
select expect.rows('select bucket, name, declared, paused, priority, since = pgflow.now(), next_at, look_at = pgflow.now(), created_at = pgflow.now(), cron,
                           timezone, catch_up, queue, namespace, problem, triggered, input from pgflow.schedule',
    '[[0, "mine", false, false, 7, true, null, true, true, "0 3 * * *", "Asia/Tokyo", "all", "q", "s", null, [], 5]]');
select expect.rows('select kind, reason, actor, detail from pgflow.schedule_event',
    '[["create", "why", "me", {"workflow": "flow", "cron": "0 3 * * *", "timezone": "Asia/Tokyo", "catch_up": "all"}]]');

-- case: by default in UTC, with the latest of what was missed; the program makes the input
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *');
select expect.rows('select timezone, catch_up, input is null, queue, priority, namespace from pgflow.schedule', '[["UTC", "one", true, "default", 0, ""]]');

-- case: the same one may be made again; another one takes its place only where that is said
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5');
select stage.look();
select expect.equal(pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5'), 'unchanged', 'the same');
select expect.equal(pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5', p_replace => true), 'unchanged', 'the same');
select expect.throws($$select pgflow.create_schedule('mine', 'flow', '0 4 * * *', p_input => '5')$$, 'PF409', 'there is another schedule `mine` already',
                     'Replace it,%');
select expect.touched();
select expect.equal(pgflow.create_schedule('mine', 'flow', '0 4 * * *', p_input => '6', p_replace => true, p_reason => 'better'), 'changed', 'another');
select expect.rows('select cron, input from pgflow.schedule', '[["0 4 * * *", 6]]');
select expect.rows('select kind, reason from pgflow.schedule_event order by id', '[["create", null], ["change", "better"]]');

-- case: what makes no sense is refused
select stage.define();
select stage.define(stage.definition() || '{"input": {"type": "string"}}', 'b');
select stage.look();
select expect.throws($$select pgflow.create_schedule('mine', 'other', '0 3 * * *')$$, 'PF404', 'there is no workflow `other`', 'Registered workflows: `flow`.');
select expect.throws($$select pgflow.create_schedule('flow', 'flow', '0 3 * * *')$$, 'PF422', 'a schedule cannot be named `flow`: that is a workflow',
                     'Name it after%');
select expect.throws($$select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_catch_up => 'some')$$, 'PF422', 'a schedule cannot catch up with `some`');
select expect.throws($$select pgflow.create_schedule('mine', 'flow', '0 3 * * *', p_input => '5')$$, 'PF422',
                     'the input does not fit workflow `flow`: `input` is of type number, and string is wanted');
select expect.throws($$select pgflow.create_schedule('', 'flow', '0 3 * * *')$$, '23514', '%schedule_name_check%');
select expect.touched();

-- case: no workflow is known
select expect.throws($$select pgflow.create_schedule('mine', 'flow', '0 3 * * *')$$, 'PF404', 'there is no workflow `flow`', 'No workflow is registered yet%');

-- case: other isolation levels are refused
-- isolation: repeatable read
select expect.throws($$select pgflow.create_schedule('mine', 'flow', '0 3 * * *')$$, '0A000', '%READ COMMITTED%');
