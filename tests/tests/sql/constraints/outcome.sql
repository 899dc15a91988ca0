select stage.good_row('outcome',
       '{"bucket": 0, "period": 21929, "run_id": "01b92571-ea00-7000-8000-000000000000", "index": -1, "step": 0, "attempts": 1, "worker_id": 1,
    "duration_ms": 1, "recorded_at": "2030-01-15", "kind": "c", "output": 1}');
select expect.accepted();
select expect.accepted('{"index": 0, "output": {}}');
select expect.accepted('{"kind": "f", "output": null, "error": "no", "attempts": 0}');
select expect.accepted('{"kind": "s", "output": null, "error": "why not", "attempts": 0}');
select expect.refused('outcome_check', '{"kind": "x"}');
select expect.refused('outcome_check', '{"index": -2}');
select expect.refused('outcome_check', '{"attempts": 0}');
select expect.refused('outcome_check', '{"error": "no"}');
select expect.refused('outcome_check', '{"kind": "f", "error": "no"}');
select expect.refused('outcome_check', '{"kind": "f", "output": null}');
select expect.refused('outcome_check', '{"kind": "f", "output": null, "error": "no", "attempts": -1}');
select expect.refused('outcome_check', '{"kind": "s", "output": null}');
select expect.refused('outcome_check', '{"kind": "s", "error": "why not"}');
select expect.refused('outcome_check', '{"kind": "s", "output": null, "error": "why not", "attempts": -1}');
select expect.refused('outcome_pkey', '{"output": 2}', '{}');
select expect.refused('outcome_check', '{"output": null}');
select expect.nullable('output', 'error');
