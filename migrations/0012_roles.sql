-- Intent: least privilege. Four roles that a database's owner may grant: pgflow_worker, pgflow_client, pgflow_reader (and the owner of
--         the schema). They are made where the migrating role may create roles; otherwise only its owner uses the schema.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

revoke all on all functions in schema pgflow from public;
revoke all on all tables in schema pgflow from public;
