select stage.good_row('pruning', '{"bucket": 9, "period": 0, "run_id": "00000000-0000-0000-0000-000000000000", "passed_at": "2030-01-15"}');
select expect.accepted();
select expect.refused('pruning_pkey', '{"period": 1}', '{}');
select expect.nullable();
select expect.rows('select bucket, period, run_id, passed_at = ''-infinity'' from pgflow.pruning',
       '[[0, 0, "00000000-0000-0000-0000-000000000000", true]]', 'the row that it begins with');
