select stage.define();
select stage.good_row('schedule', jsonb_build_object('bucket', 0, 'name', 'mine', 'workflow_id', (select id from pgflow.workflow), 'declared', false,
    'paused', false, 'priority', 0, 'seq', 1, 'since', '2030-01-15', 'look_at', '2030-01-15', 'created_at', '2030-01-15', 'cron', '0 3 * * *',
    'timezone', 'UTC', 'catch_up', 'one', 'queue', 'default', 'namespace', '', 'triggered', '{}'));
select expect.accepted();
select expect.accepted('{"catch_up": "skip"}');
select expect.accepted('{"catch_up": "all"}');
select expect.accepted(jsonb_build_object('name', repeat('x', 128)));
select expect.refused('schedule_name_check', '{"name": ""}');
select expect.refused('schedule_name_check', jsonb_build_object('name', repeat('x', 129)));
select expect.refused('schedule_catch_up_check', '{"catch_up": "some"}');
select expect.refused('schedule_priority_check', '{"priority": -2147483648}');
select expect.refused('schedule_workflow_id_fkey', '{"workflow_id": 0}');
select expect.refused('schedule_pkey', '{"cron": "0 4 * * *"}', '{}');
select expect.nullable('next_at', 'last_at', 'last_run', 'problem', 'input');
