-- broken: if not exists (select from retention) then => if false then
-- broken: and v_place.passed_at > v_now - interval '1 hour' =>
-- broken: e.ended_at < kept_since(v.workflow_id, e.status, v_now) => true
-- broken: more := cardinality(v_seen) = p_limit or => more := false or
-- broken: coalesce(x.before, 0) < 20000 => coalesce(x.before, 0) < 99999
-- broken: passed_at = v_now where => passed_at = passed_at where
-- broken: set period = period_of_run(v_seen[v_last]), run_id = v_seen[v_last] => set period = 0
-- broken: (e.period, e.run_id) > (v_place.period, v_place.run_id) => true
-- broken: from run p where p.bucket = p_bucket and p.period = period_of_run(r.parent_id) and p.id = r.parent_id) as expired => where r.parent_id is not null) as expired

-- case: without retention nothing goes
select stage.runs_of_flow('a');
select stage.end('a', 'c');
select stage.later('10 years');
select stage.look();
select expect.rows('select * from pgflow.prune_expired(0, 10)', '[[0, false]]');
select expect.touched();

-- case: what has been kept for long enough goes, by workflow and status; and again after an hour only
select stage.define(), stage.define(stage.definition('other'));
select stage.start('c'), stage.start('f'), stage.start('live'), stage.start('of the other', p_workflow => 'other');
select stage.end('c', 'c'), stage.end('f', 'f'), stage.end('of the other', 'c');
select pgflow.set_retention('flow', 'completed', '1 day');
select stage.later('1 day');
select expect.rows('select * from pgflow.prune_expired(0, 10)', '[[0, false]]', 'at its time');
select stage.later('59 min 59 s');
select stage.look();
select expect.rows('select * from pgflow.prune_expired(0, 10)', '[[0, false]]', 'within the hour');
select expect.touched();
select stage.later('1 s');
select expect.rows('select * from pgflow.prune_expired(0, 10)', '[[1, false]]', 'after it');
select expect.touched('run c', 'run_end c', 'pruning');
select expect.rows('select period, run_id, passed_at = pgflow.now() from pgflow.pruning', '[[0, "00000000-0000-0000-0000-000000000000", true]]',
       'how far it has come');
select expect.rows('select * from pgflow.prune_expired(1, 10)', '[[0, false]]', 'in another bucket');

-- case: in batches, that go on from where the last one ended
select stage.define();
select stage.start(n::text), stage.end(n::text, 'c'), stage.later('1 s') from generate_series(1, 5) n;
select pgflow.set_retention(null, null, '0');
select pgflow.set_retention('flow', 'failed', '1 h');
select stage.end(n::text, 'c') from generate_series(1, 5) n where false;
update pgflow.run_end set status = 'f' where run_id = stage.run('1');
select stage.later('1 s');
select expect.rows('select * from pgflow.prune_expired(0, 2)', '[[1, true]]', 'the first batch');
select expect.rows('select run_id, period from pgflow.pruning', '[["2", 21929]]', 'how far it has come');
select expect.rows('select * from pgflow.prune_expired(0, 2)', '[[2, true]]', 'the second one');
select expect.rows('select * from pgflow.prune_expired(0, 2)', '[[1, false]]', 'the last one');
select expect.rows('select id from pgflow.run', '[["1"]]', 'what is left');
select expect.rows('select * from pgflow.prune_expired(0, 2)', '[[0, false]]', 'within the hour');

-- case: a batch ends behind a run with a large map
select stage.define();
select stage.start(n::text), stage.end(n::text, 'c'), stage.later('1 s') from generate_series(1, 3) n;
select stage.map('1', 1, 20000);
select pgflow.set_retention(null, null, '0');
select expect.rows('select * from pgflow.prune_expired(0, 10)', '[[1, true]]', 'the large one');
select expect.rows('select * from pgflow.prune_expired(0, 10)', '[[2, false]]', 'the others');

-- case: a family goes with its first run, whatever is said of the others
select stage.define(), stage.define(stage.waiting());
select stage.start('a', 'waits'), stage.start('b', 'waits'), stage.start('gone parent', 'waits');
select stage.child('a', 'of a', 0), stage.child('of a', 'of that', 0), stage.child('b', 'of b', 0), stage.child('gone parent', 'alone', 0);
select stage.end(n, 'c') from unnest('{a,of a,of that,b,of b,alone}'::text[]) n;
delete from pgflow.ready where run_id = stage.run('gone parent');
delete from pgflow.run where id = stage.run('gone parent');
select pgflow.set_retention('flow', null, '0');
select stage.later('1 s');
select expect.rows('select * from pgflow.prune_expired(0, 20)', '[[1, false]]', 'the one whose parent is gone');
select pgflow.set_retention('waits', null, '0');
select stage.later('2 h');
select expect.rows('select * from pgflow.prune_expired(0, 20)', '[[5, false]]', 'both families');
