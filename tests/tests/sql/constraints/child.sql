select stage.good_row('child',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "step": 0, "index": -1, "number": 1,
    "child_id": "01b92571-ea00-7000-8000-000000000001", "started_at": "2030-01-15"}');
select expect.accepted();
select expect.accepted('{"index": 0, "number": 2}');
select expect.refused('child_index_check', '{"index": -2}');
select expect.refused('child_number_check', '{"number": 0}');
select expect.refused('child_pkey', '{"child_id": "01b92571-ea00-7000-8000-000000000002"}', '{}');
select expect.nullable();
