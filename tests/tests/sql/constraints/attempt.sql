select stage.good_row('attempt',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "index": -1, "step": 0, "number": 1, "worker_id": 1,
    "duration_ms": 1, "failed_at": "2030-01-15", "retry_at": "2030-01-16", "error": "no", "resumed": false}');
select expect.accepted();
select expect.accepted('{"number": 0, "index": 0}');
select expect.refused('attempt_index_check', '{"index": -2}');
select expect.refused('attempt_number_check', '{"number": -1}');
select expect.refused('attempt_pkey', '{"error": "another"}', '{}');
select expect.nullable();
