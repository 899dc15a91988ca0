-- broken: '7' => '4'
-- broken: * 1000 => * 100
-- broken: to_hex(p_bucket), 3 => to_hex(p_bucket), 4

-- case: milliseconds, the version of the id, the bucket
select expect.equal(pgflow.run_id_prefix(0, '1970-01-01 00:00Z'), '0000000000007000', 'at the beginning of time');
select expect.equal(pgflow.run_id_prefix(5, '1970-01-01 00:00:00.258Z'), '0000000001027005', 'milliseconds, and a bucket');
select expect.equal(pgflow.run_id_prefix(4095, '2030-01-15 12:00Z'), '01b92571ea007fff', 'the last bucket');

-- case: the zone of the session has no part in it
set local timezone = 'Pacific/Auckland';
select expect.equal(pgflow.run_id_prefix(0, '2030-01-15 12:00Z'), '01b92571ea007000', 'far in the east');

-- case: without a time, or a bucket, there is none
select expect.equal(pgflow.run_id_prefix(0, null), null, 'no time');
select expect.equal(pgflow.run_id_prefix(null, '2030-01-15 12:00Z'), null, 'no bucket');
