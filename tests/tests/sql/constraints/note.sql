select stage.good_row('note',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "number": 1, "at": "2030-01-15", "step": 0, "index": -1,
    "attempt": 1, "progress": 0.5, "message": "half"}');
select expect.accepted();
select expect.accepted('{"progress": 0}');
select expect.accepted('{"progress": 1}');
select expect.accepted(jsonb_build_object('message', repeat('x', 10000)));
select expect.refused('note_progress_check', '{"progress": 1.01}');
select expect.refused('note_progress_check', '{"progress": -0.01}');
select expect.refused('note_progress_check', '{"progress": "NaN"}');
select expect.refused('note_message_check', jsonb_build_object('message', repeat('x', 10001)));
select expect.refused('note_pkey', '{"message": "another"}', '{}');
select expect.nullable('progress', 'message');
