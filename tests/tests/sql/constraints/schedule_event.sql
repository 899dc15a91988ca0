select stage.good_row('schedule_event',
       '{"bucket": 0, "id": 1, "at": "2030-01-15", "name": "mine", "kind": "create", "actor": "me", "reason": "why", "detail": {}}');
select expect.accepted();
select expect.accepted('{"kind": "change"}');
select expect.accepted('{"kind": "pause"}');
select expect.accepted('{"kind": "resume"}');
select expect.accepted('{"kind": "trigger"}');
select expect.accepted('{"kind": "skip"}');
select expect.accepted('{"kind": "delete"}');
select expect.refused('schedule_event_kind_check', '{"kind": "fire"}');
select expect.refused('schedule_event_pkey', '{"kind": "pause"}', '{}');
select expect.nullable('reason');
