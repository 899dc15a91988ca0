-- broken: select 0 => select 1

-- case: everything is in one bucket
select expect.equal(pgflow.bucket_of('a key'), 0, 'of a key');
select expect.equal(pgflow.bucket_of(null), 0, 'without a key');
select expect.equal(pgflow.bucket_of(''), 0, 'of an empty one');
