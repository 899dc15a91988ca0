select stage.good_row('signal',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "step": 0, "number": 1, "sent_at": "2030-01-15",
    "sender": "me", "payload": true}');
select expect.accepted();
select expect.accepted('{"sender": "", "payload": {"x": [1]}}');
select expect.refused('signal_pkey', '{"payload": false}', '{}');
select expect.nullable();
