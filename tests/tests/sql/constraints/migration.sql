select stage.good_row('migration', '{"number": 999, "name": "n", "checksum": "c", "applied_at": "2030-01-15"}');
select expect.accepted();
select expect.refused('migration_pkey', '{"name": "another"}', '{}');
select expect.nullable();
