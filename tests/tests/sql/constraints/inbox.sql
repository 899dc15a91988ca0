select stage.good_row('inbox', '{"bucket": 0, "id": 1, "run_id": "01b92571-ea00-7000-8000-000000000000", "sent_at": "2030-01-15", "kind": "x"}');
select expect.accepted(jsonb_build_object('kind', k)) from unnest('{s,x,p,r,n,a,g,c}'::text[]) k;
select expect.refused('inbox_kind_check', '{"kind": "q"}');
select expect.refused('inbox_pkey', '{"kind": "s"}', '{}');
select expect.nullable('step', 'index', 'reason');
