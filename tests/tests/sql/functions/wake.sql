-- broken: perform pgflow.make_due(p_bucket, p_runs); => null;
-- broken: w.step, p_kind from => null, p_kind from
-- broken: perform pgflow.lock_runs(p_bucket, p_runs); => null;

-- case: a message for each, and what is parked is due; what is owned or paused is left alone
select stage.runs_of_flow('parked', 'owned', 'paused', 'bystander');
select stage.worker();
select stage.park('parked'), stage.park('bystander'), stage.own('w', 'owned'), pgflow.pause_run(stage.run('paused'));
select stage.look();
select pgflow.wake(0, stage.runs('parked', 'owned', 'paused', 'parked'), '{1,2,3,4}', 's');
select expect.touched('ready parked', 'inbox parked', 'inbox owned', 'inbox paused');
select expect.rows('select run_id, step, index, kind, reason, sent_at = pgflow.now() from pgflow.inbox order by step',
    '[["parked", 1, null, "s", null, true], ["owned", 2, null, "s", null, true], ["paused", 3, null, "s", null, true],
      ["parked", 4, null, "s", null, true]]');
select expect.rows('select run_id, due, paused from pgflow.ready where run_id in (stage.run(''parked''), stage.run(''paused'')) order by due',
                   '[["paused", false, true], ["parked", true, false]]');
select expect.rows('select count(*) from pgflow.run where xmax::text <> ''0''', '[[3]]', 'their runs are locked');

-- case: nobody
select stage.runs_of_flow('parked');
select stage.park('parked');
select stage.look();
select pgflow.wake(0, '{}', '{}', 's');
select expect.touched();
select expect.throws($$select pgflow.wake(0, stage.runs('parked'), '{1}', 'q')$$, '23514', '%inbox_kind_check%');
