select stage.good_row('claim', '{"bucket": 0, "worker_id": 1, "number": 1, "claimed_at": "2030-01-15", "runs": []}');
select expect.accepted();
select expect.accepted(jsonb_build_object('runs', array(select gen_random_uuid() from generate_series(1, 256))));
select expect.refused('claim_runs_check', jsonb_build_object('runs', array(select gen_random_uuid() from generate_series(1, 257))));
select expect.refused('claim_pkey', '{"runs": ["01b92571-ea00-7000-8000-000000000000"]}', '{}');
select expect.nullable();
