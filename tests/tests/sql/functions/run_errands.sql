-- broken: x.kind = 'c' order by x.id limit p_limit for update skip locked => false order by x.id limit p_limit for update skip locked
-- broken: more := cardinality(v_ids) > 0 => more := false
-- broken: delete from errand x where x.bucket = p_bucket and x.id = any(v_ids) => delete from errand x where x.bucket = p_bucket
-- broken: delete from errand x where x.bucket = p_bucket and x.id = any(v_ids) => null
-- broken: where c.result = 'asked' => where false
-- broken: where c.result = 'done' => where c.result = 'asked'
-- broken: perform pgflow.make_due(p_bucket, called) => null
-- broken: r.parent_id = any(called) => true
-- broken: r.parent_step, r.parent_index, 'c' => r.parent_step, -1, 'c'
-- broken: perform pgflow.lock_runs(p_bucket, v_parents) => null
-- broken: and not exists (select from run_end e => and not (false and exists (select from run_end e) and exists (select from run_end e
-- broken: where exists (select from run r where r.bucket = p_bucket and r.period = period_of_run(p.id) and r.id = p.id) => where true

-- case: what is to be cancelled first, then parents are told, each in a call of its own
select stage.runs_of_flow('parked', 'owned', 'ended', 'bystander');
select stage.child('parked', 'a', 1, 4), stage.child('parked', 'a2', 0), stage.child('owned', 'b', 0), stage.child('ended', 'c', 0), stage.child('ended', 'd', 1, 0), stage.child('ended', 'e', 1, 1),
       stage.child('d', 'f', 0), stage.child('bystander', 'g', 0);
select stage.worker(), stage.own('w', 'owned'), stage.own('w', 'e'), stage.park('parked'), stage.end('ended', 'x');
select stage.end(n, 'c') from unnest('{a,a2,b,c}'::text[]) n;
select stage.errand(n, 'e') from unnest('{a,a2,b,c}'::text[]) n;
select stage.errand(n, 'c') from unnest('{d,e,c}'::text[]) n;
select stage.look();
select expect.rows('select * from pgflow.run_errands(0, 10)', '[[["d"], ["e"], true]]', 'cancelled');
select expect.touched('errand c', 'errand d', 'errand e', 'errand f', 'run_end d', 'ready d', 'inbox e', 'action d', 'action e');
select expect.rows('select actor, reason from pgflow.action where kind = ''cancel'' limit 1', '[["pgflow", "its parent has ended"]]');
select expect.rows('select run_id, kind from pgflow.errand where run_id in (stage.run(''d''), stage.run(''f'')) order by kind', '[["f", "c"], ["d", "e"]]', 'and so on');
select expect.rows('select * from pgflow.run_errands(0, 10)', '[[["f"], [], true]]', 'the next generation');
select stage.look();
select expect.rows('select ended, array(select stage.readable(c::text) from unnest(called) c order by 1), more from pgflow.run_errands(0, 10)',
    '[[[], ["owned", "parked"], true]]', 'told');
select expect.touched('errand a', 'errand a2', 'errand b', 'errand c', 'errand d', 'errand f', 'inbox parked', 'inbox owned', 'ready parked');
select expect.rows('select stage.readable(run_id::text), kind, step, index from pgflow.inbox where kind = ''c'' order by 1, 3',
    '[["owned", "c", 0, -1], ["parked", "c", 0, -1], ["parked", "c", 1, 4]]');
select expect.rows('select due from pgflow.ready where run_id = stage.run(''parked'')', '[[true]]', 'it is due');
select expect.rows('select * from pgflow.run_errands(0, 10)', '[[[], [], false]]', 'nothing is left');
select expect.touched();
select expect.sound();

-- case: not more than so many, those of another bucket not at all; the parents are locked; one that is gone is not told
select stage.runs_of_flow('a', 'b', 'lost');
select stage.child('a', 'c', 0), stage.child('b', 'd', 0), stage.child('lost', 'e', 0);
select stage.end(n, 'c') from unnest('{c,d,e}'::text[]) n;
delete from pgflow.ready where run_id = stage.run('lost');
delete from pgflow.run where id = stage.run('lost');
select stage.errand(n, 'e') from unnest('{e,c,d}'::text[]) n;
select stage.look();
select expect.rows('select * from pgflow.run_errands(1, 10)', '[[[], [], false]]', 'of another bucket');
select expect.touched();
select expect.rows('select * from pgflow.run_errands(0, 2)', '[[[], ["a"], true]]', 'two of three');
select expect.touched('errand e', 'errand c', 'inbox a');
select expect.rows('select id from pgflow.run where xmax::text <> ''0''', '[["a"]]', 'locked');
