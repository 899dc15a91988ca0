select stage.good_row('repeat',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "step": 0, "index": -1, "count": 1, "attempts": 0,
    "began_at": "2030-01-15", "due_at": "2030-01-15", "handed": true, "state": {}}');
select expect.accepted();
select expect.accepted('{"index": 0, "count": 0, "handed": false, "state": "x"}');
select expect.refused('repeat_index_check', '{"index": -2}');
select expect.refused('repeat_count_check', '{"count": -1}');
select expect.refused('repeat_attempts_check', '{"attempts": -1}');
select expect.refused('repeat_pkey', '{"count": 2}', '{}');
select expect.nullable();
