select stage.good_row('mark',
       '{"bucket": 0, "run_id": "01b92571-ea00-7000-8000-000000000000", "index": -1, "step": 1, "attempt": 1, "crashes": 0, "alone": false,
    "suspect": false, "worker_id": 1}');
select expect.accepted();
select expect.refused('mark_pkey', '{"alone": true}', '{}');
select expect.nullable('worker_id');
