select stage.good_row('worker',
       '{"bucket": 0, "id": 99999, "name": "w", "started_at": "2030-01-15", "beat_at": "2030-01-15", "steady_since": "2030-01-15", "silence_limit": "6 s",
    "stopped": false, "versions": [], "handlers": [], "queues": []}');
select expect.accepted();
select expect.refused('worker_pkey', '{"name": "another"}', '{}');
select expect.nullable('dead_at');
