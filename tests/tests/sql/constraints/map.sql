select stage.good_row('map', '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "step": 1, "items": 0}');
select expect.accepted();
select expect.refused('map_items_check', '{"items": -1}');
select expect.refused('map_pkey', '{"items": 2}', '{}');
select expect.accepted('{"step": 2}');
select expect.nullable();
