-- broken: gen_random_uuid()::text => '00000000-0000-4000-8000-000000000000'
-- broken: right(gen_random_uuid()::text, 17) => substr(gen_random_uuid()::text, 20, 0) || '0' || right(gen_random_uuid()::text, 16)

-- case: a version 7 uuid of the prefix
select expect.yes(pgflow.new_run_id('01b92571ea007000')::text like '01b92571-ea00-7000-%', 'it begins with the prefix');
select expect.equal(count(distinct i), 1000, 'each is another one')
from (select pgflow.new_run_id('01b92571ea007000') i from generate_series(1, 1000)) x;
select expect.equal(count(*) filter (where substr(pgflow.new_run_id('01b92571ea007000')::text, 20, 1) in ('8', '9', 'a', 'b')), 200,
                    'the variant bits are those of a uuid') from generate_series(1, 200);

-- case: what was put in is found again
do $$
declare
    v_id uuid := pgflow.new_run_id(pgflow.run_id_prefix(77, pgflow.now()));
begin
    perform expect.equal(pgflow.bucket_of_run(v_id), 77, 'the bucket');
    perform expect.equal(pgflow.period_of_run(v_id), pgflow.period_of(pgflow.now()), 'the period');
end $$;

-- case: later ids are larger
select expect.yes(pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now())) <
                  pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now() + interval '1 ms')), 'a millisecond later');

-- case: a prefix that is too short makes no id
select expect.throws('select pgflow.new_run_id(''01b9'')', '22P02', 'invalid input syntax for type uuid%');
select expect.equal(pgflow.new_run_id(null), null, 'no prefix');
