-- The clock of the schema.
-- broken: coalesce(nullif(current_setting('pgflow.fake_now', true), '')::timestamptz, clock_timestamp()) => clock_timestamp()
-- broken: clock_timestamp() => pg_catalog.now()

-- case: it says what the setting says
select expect.equal(pgflow.now(), '2030-01-15 12:00Z', 'the time of the case');
set local pgflow.fake_now = '2031-12-31 23:59:59.5Z';
select expect.equal(pgflow.now(), '2031-12-31 23:59:59.5Z', 'the time that was set');

-- case: without a setting, or with an empty one, it is the real time, and moves on within a transaction
set local pgflow.fake_now = '';
select expect.yes(pgflow.now() between clock_timestamp() - interval '1 min' and clock_timestamp(), 'it is the real time');
do $$
declare
    v_first timestamptz := pgflow.now();
begin
    perform from generate_series(1, 10000);
    perform expect.yes(pgflow.now() > v_first, 'it moves on');
    perform expect.yes(v_first > transaction_timestamp(), 'it is no time of the transaction');
end $$;

-- case: what is no time is refused
set local pgflow.fake_now = 'noon or so';
select expect.throws('select pgflow.now()', '22007', 'invalid input syntax%');
