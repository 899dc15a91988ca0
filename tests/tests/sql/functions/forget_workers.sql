-- broken: w.dead_at < pgflow.now() - p_age => w.dead_at <= pgflow.now() - p_age
-- broken: from claim c where => from claim c where false and
-- broken: from task t where => from task t where false and
-- broken: where m.bucket = p_bucket => where false
-- broken: where i.bucket = p_bucket => where false
-- broken: i.bucket = p_bucket and pgflow.is_over(p_bucket, i.run_id) => i.bucket = p_bucket
-- broken: m.bucket = p_bucket and pgflow.is_over(p_bucket, m.run_id) => m.bucket = p_bucket

-- case: those that have been dead for long, and own nothing; marks of and messages to what has ended
select stage.runs_of_flow('a', 'b', 'ended', 'c');
select stage.worker('alive'), stage.worker('old'), stage.worker('young'), stage.worker('owner'), stage.worker('taker');
select stage.own('owner', 'a'), stage.task('b', 1, 0, p_worker => 'taker'), stage.end('ended', 'c'), stage.mark(n, 1, 0), stage.message(n,
       'x') from unnest('{ended,c}'::text[]) n where n = 'ended';
select stage.mark('c', 1, 0), stage.message('c', 'x');
update pgflow.worker set dead_at = pgflow.now() - case name when 'young' then interval '1 h' else interval '61 min' end where name <> 'alive';
select stage.look();
select expect.equal(pgflow.forget_workers(0, '1 h'), 1, 'how many');
select expect.touched('worker', 'mark ended', 'inbox ended');
select expect.rows('select name from pgflow.worker order by 1', '[["alive"], ["owner"], ["taker"], ["young"]]');
select expect.equal(pgflow.forget_workers(0, '1 h'), 0, 'again');
select expect.equal(pgflow.forget_workers(1, '0'), 0, 'in another bucket');
select expect.touched();

-- case: marks of and messages to runs that are gone
select stage.runs_of_flow('a');
select stage.mark(n, 1, 0), stage.message(n, 'x') from unnest('{a,gone}'::text[]) n;
select stage.look();
select expect.equal(pgflow.forget_workers(0, '1 h'), 0, 'workers');
select expect.touched('mark gone', 'inbox gone');
