select stage.good_row('share', '{"bucket": 0, "run_id": "01b92571-ea00-7000-8000-000000000000", "step": 1, "remaining": 0, "failed": false}');
select expect.accepted();
select expect.refused('share_remaining_check', '{"remaining": -1}');
select expect.refused('share_pkey', '{"remaining": 3}', '{}');
select expect.nullable();
