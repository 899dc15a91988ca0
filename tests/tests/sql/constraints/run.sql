select stage.good_row('run',
       '{"bucket": 0, "period": 21929, "id": "01b92571-ea00-7000-8000-000000000000", "version_id": 1, "checked": true, "crashes": 0, "priority": 0,
    "created_at": "2030-01-15", "queue": "default", "namespace": "", "input": 1}');
select expect.accepted();
select expect.refused('run_pkey', '{"input": 2}', '{}');
select expect.nullable('deadline_at', 'parent_id', 'parent_step', 'parent_index');
