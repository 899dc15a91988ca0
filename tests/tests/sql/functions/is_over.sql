-- broken: e.run_id = p_run => true
-- broken: or not exists => or false and not exists
-- broken: r.id = p_run => true
-- broken: e.bucket = p_bucket => true
-- broken: r.bucket = p_bucket => true

-- case: what has ended, and what there is not
select stage.runs_of_flow('live', 'ended');
select stage.end('ended', 'f');
select expect.rows('select n, pgflow.is_over(0, stage.run(n)) from unnest(''{live,ended,gone}''::text[]) n',
                   '[["live", false], ["ended", true], ["gone", true]]');
select expect.yes(pgflow.is_over(0, pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now()))), 'one of their day that there is not');
select expect.yes(pgflow.is_over(1, stage.run('live')), 'in another bucket there is none');
insert into pgflow.run_end select 1, e.period, stage.run('live'), e.ended_at, e.status from pgflow.run_end e;
select expect.equal(pgflow.is_over(0, stage.run('live')), false, 'an end in another bucket');
