select stage.define();
select stage.good_row('version', jsonb_build_object('id', 99999, 'workflow_id', (select w.id from pgflow.workflow w), 'hash', repeat('b', 64),
       'definition', '{}'::jsonb,
                                                    'created_at', '2030-01-15'));
select expect.accepted();
select expect.refused('version_hash_check', jsonb_build_object('hash', repeat('b', 63)));
select expect.refused('version_hash_check', jsonb_build_object('hash', repeat('b', 65)));
select expect.refused('version_hash_check', jsonb_build_object('hash', repeat('B', 64)));
select expect.refused('version_hash_check', jsonb_build_object('hash', repeat('g', 64)));
select expect.refused('version_workflow_id_fkey', '{"workflow_id": 0}');
select expect.refused('version_pkey', jsonb_build_object('hash', repeat('c', 64)), '{}');
select expect.refused('version_workflow_id_hash_key', '{"id": 99998}', '{}');
select expect.nullable('changed');
