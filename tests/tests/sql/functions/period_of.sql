-- broken: / 86400 => / 86401
-- broken: floor( => ceil(

-- case: days since 1970, in UTC whatever the zone of the session
select expect.equal(pgflow.period_of('1970-01-01 00:00Z'), 0, 'the first day');
select expect.equal(pgflow.period_of('1970-01-01 23:59:59.999999Z'), 0, 'its end');
select expect.equal(pgflow.period_of('1969-12-31 23:59Z'), -1, 'the day before it');
select expect.equal(pgflow.period_of('2030-01-15 00:00Z'), 21929, 'some day');
select expect.equal(pgflow.period_of(null), null, 'no time');
set local timezone = 'Pacific/Auckland';
select expect.equal(pgflow.period_of('2030-01-15 23:30Z'), 21929, 'in a zone where it is tomorrow');

-- case: a time that never comes has none
select expect.throws('select pgflow.period_of(''infinity'')', '0A000', 'cannot convert infinity to integer');
