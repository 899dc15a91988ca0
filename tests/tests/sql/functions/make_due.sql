-- broken: not (r.due or r.paused or r.fresh) limit 1) q)) => true limit 1) q))
-- broken: not (r.due or r.paused or r.fresh) limit 1) q)) => not (r.due or r.paused) limit 1) q))
-- broken: available_at = pgflow.now(), => 
-- broken: , seq = default =>

-- case: what is parked is due, and stands behind all others; what is due, paused or has not begun is left alone
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('parked', 'for ever', 'due', 'paused', 'ended', 'bystander');
select stage.start('later', p_at => pgflow.now() + interval '1 h');
select stage.park('parked', '1 h'), stage.park('for ever'), stage.park('bystander'), stage.end('ended', 'c'), stage.park('paused');
select pgflow.pause_run(stage.run('paused'));
select stage.look();
select pgflow.make_due(0, stage.runs('parked', 'for ever', 'due', 'paused', 'ended', 'later', 'gone', 'parked'));
select expect.touched('ready parked', 'ready for ever');
select expect.rows($$select run_id, due, available_at = pgflow.now(), fresh from pgflow.ready where due order by run_id <> stage.run('due'),
                     run_id = stage.run('for ever')$$,
                   '[["due", true, true, true], ["parked", true, true, false], ["for ever", true, true, false]]');
select expect.yes((select seq from pgflow.ready where run_id = stage.run('parked')) > (select max(seq) from pgflow.ready
                   where run_id not in (stage.run('parked'), stage.run('for ever'))), 'its place in the queue');
select pgflow.make_due(0, '{}'), pgflow.make_due(1, stage.runs('bystander'));
select expect.touched();
select expect.sound();
