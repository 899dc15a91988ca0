select stage.good_row('run_end',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "ended_at": "2030-01-15", "status": "c"}');
select expect.accepted(jsonb_build_object('status', s, 'error', 'why')) from unnest('{c,f,x}'::text[]) s;
select expect.refused('run_end_status_check', '{"status": "s"}');
select expect.refused('run_end_pkey', '{"status": "x"}', '{}');
select expect.nullable('error');
