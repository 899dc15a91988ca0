select stage.good_row('task',
       '{"bucket": 0, "id": 1, "run_id": "01b92571-ea00-7000-8000-000000000000", "period": 21929, "version_id": 1, "first": -1, "count": 1, "step": 1, "attempts": 0,
    "crashes": 0, "own": false, "due": true, "available_at": "2030-01-15", "priority": 0, "turn": 0, "queue": "default", "namespace": ""}');
select expect.accepted();
select expect.refused('task_count_check', '{"count": 0}');
select expect.refused('task_pkey', '{"step": 2}', '{}');
select expect.nullable('worker_id', 'cancelled', 'items');
