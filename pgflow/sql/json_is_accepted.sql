-- Fails exactly where the database refuses one of these payloads.
select cardinality($1::jsonb[])
