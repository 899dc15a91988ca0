select stage.good_row('workflow', '{"id": 99999, "name": "w", "created_at": "2030-01-15"}');
select expect.accepted(jsonb_build_object('name', n)) from unnest(array['_', 'a', 'Z9_', repeat('x', 128)]) n;
select expect.refused('workflow_name_check', jsonb_build_object('name', n)) from unnest(array['', '9a', 'a b', 'a-b', 'ä', 'a.b', E'a\nb',
       repeat('x', 129)]) n;
select expect.refused('workflow_pkey', '{"name": "another"}', '{}');
select expect.refused('workflow_name_key', '{"id": 99998}', '{}');
select expect.nullable('current_version');
