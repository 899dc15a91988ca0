-- broken: limit 1 for update) r) => limit 1) r)
-- broken: select distinct u.id => select u.id
-- broken: r.bucket = p_bucket and =>

-- case: those that are queued, each once, are locked
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'owned', 'ended');
select stage.worker();
select stage.own('w', 'owned'), stage.end('ended', 'c');
select stage.look();
select expect.equal(pgflow.lock_ready(0, stage.runs('a', 'owned', 'ended', 'gone', 'a')), stage.runs('a'), 'who is queued');
select expect.touched();
select expect.rows('select run_id, xmax::text <> ''0'' from pgflow.ready order by 2', '[["b", false], ["a", true]]');
select expect.equal(pgflow.lock_ready(0, '{}'), '{}', 'of none');
select expect.equal(pgflow.lock_ready(1, stage.runs('b')), '{}', 'of another bucket');
