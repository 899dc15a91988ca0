select stage.define();
select stage.good_row('step', jsonb_build_object('version_id', stage.version(), 'number', 9, 'name', 'nine', 'contract', 'c', 'is_map', false,
       'is_leaf', false, 'on_failure', false,
                                                 'takes_input', false, 'depends_on', '[]'::jsonb, 'takes', '[]'::jsonb, 'options', '{}'::jsonb));
select expect.accepted();
select expect.refused('step_number_check', '{"number": -1}');
select expect.refused('step_version_id_fkey', '{"version_id": 0}');
select expect.refused('step_pkey', '{"name": "another"}', '{}');
select expect.refused('step_version_id_name_key', '{"number": 10}', '{}');
select expect.nullable('signal', 'handler');
