select stage.good_row('ready',
       '{"bucket": 0, "run_id": "01b92571-ea00-7000-8000-000000000000", "period": 21929, "version_id": 1, "priority": 0, "seq": 1,
    "available_at": "2030-01-15", "due": true, "fresh": true, "paused": false, "queue": "default", "namespace": ""}');
select expect.accepted();
select expect.accepted('{"due": false, "paused": true}');
select expect.accepted('{"priority": -2147483647}');
select expect.refused('ready_priority_check', '{"priority": -2147483648}');
select expect.refused('ready_check', '{"paused": true}');
select expect.refused('ready_pkey', '{"queue": "q"}', '{}');
select expect.nullable();
