select stage.good_row('action',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "number": 1, "at": "2030-01-15", "kind": "cancel", "actor": "me", "detail": {}}');
select expect.accepted();
select expect.accepted(jsonb_build_object('kind', k)) from unnest('{start,cancel,cancel_attempt,pause,resume,retry,fork,debounce}'::text[]) k;
select expect.refused('action_kind_check', '{"kind": "other"}');
select expect.refused('action_kind_check', '{"kind": ""}');
select expect.refused('action_pkey', '{"kind": "pause"}', '{}');
select expect.accepted('{"number": 2, "reason": "why"}');
select expect.nullable('reason');
