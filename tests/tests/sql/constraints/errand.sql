select stage.good_row('errand', '{"bucket": 0, "id": 1, "run_id": "01b92571-ea00-7000-8000-000000000000", "kind": "e"}');
select expect.accepted(jsonb_build_object('kind', k)) from unnest('{e,c}'::text[]) k;
select expect.refused('errand_kind_check', '{"kind": "x"}');
select expect.refused('errand_pkey', '{"kind": "c"}', '{}');
select expect.nullable();
