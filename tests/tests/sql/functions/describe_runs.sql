-- broken: order by c.at => order by c.at desc
-- broken: q.run_id is not null => true
-- broken: order by n.number desc limit 1 => order by n.number limit 1
-- broken: and n.message is not null =>

-- case: as the view has them, in the order that was asked for
select stage.runs_of_flow('queued', 'owned', 'ended', 'paused');
select stage.worker(), stage.own('w', 'owned'), stage.end('ended', 'f', 'why'), pgflow.pause_run(stage.run('paused'));
select pgflow.add_notes(0, stage.runs('owned', 'owned', 'owned'), '{0,0,0}', '{-1,-1,-1}', '{1,1,1}', '{0.1,0.5,1}', '{first,half,NULL}');
select stage.look();
select expect.rows($$select run_id, workflow, status, ended_at = pgflow.now(), end_error, waits, available_at = pgflow.now(), last_message
                     from pgflow.describe_runs(stage.runs('ended', 'queued', 'gone', 'owned', 'paused'))$$,
    '[["ended", "flow", "failed", true, "why", false, null, null], ["queued", "flow", "scheduled", null, null, true, true, null],
      ["owned", "flow", "running", null, null, false, null, "half"], ["paused", "flow", "paused", null, null, true, true, null]]');
select expect.rows($$(select * from pgflow.describe_runs(array(select id from pgflow.run)) except select * from pgflow.runs)
                     union all (select * from pgflow.runs except select * from pgflow.describe_runs(array(select id from pgflow.run)))$$, '[]',
                            'beside the view');
select expect.rows('select * from pgflow.describe_runs(''{}'')', '[]', 'of none');
select expect.touched();

-- case: of which run each is a step
select stage.runs_of_flow('a');
select stage.child('a', 'b', 0);
select expect.rows('select run_id, parent_id from pgflow.describe_runs(stage.runs(''a'', ''b''))', '[["a", null], ["b", "a"]]');
