select stage.good_row('latest', '{"bucket": 0, "workflow_id": 1, "key": "k", "run_id": "01b92571-ea00-7000-8000-000000000000"}');
select expect.accepted();
select expect.accepted(jsonb_build_object('key', repeat('x', 512)));
select expect.refused('latest_key_check', '{"key": ""}');
select expect.refused('latest_key_check', jsonb_build_object('key', repeat('x', 513)));
select expect.refused('latest_pkey', '{"run_id": "01b92571-ea00-7000-8000-000000000001"}', '{}');
select expect.nullable('run_id');
