-- broken: 16, 3 => 17, 3

-- case: the 12 bits behind the version of the id
select expect.equal(pgflow.bucket_of_run('01b92571-ea00-7000-bfff-ffffffffffff'), 0, 'the only bucket');
select expect.equal(pgflow.bucket_of_run('01b92571-ea00-7fff-8000-000000000000'), 4095, 'the last one');
select expect.equal(pgflow.bucket_of_run('01b92571-ea00-7102-8000-000000000000'), 258, 'one between');
select expect.equal(pgflow.bucket_of_run(null), null, 'of no run');
