-- case: how each run stands
select stage.runs_of_flow('queued', 'owned', 'parked', 'paused', 'completed', 'failed', 'cancelled');
select stage.start('later', p_at => pgflow.now() + interval '1 h', p_priority => 4, p_queue => 'q', p_namespace => 's', p_deadline => '1 min',
       p_input => '5');
select stage.worker(), stage.own('w', 'owned'), stage.park('parked', '1 min'), pgflow.pause_run(stage.run('paused')), stage.end('completed', 'c'),
       stage.end('failed', 'f', 'no'), stage.end('cancelled', 'x', 'why');
update pgflow.run set crashes = 2 where id = stage.run('owned');
select expect.rows($$select stage.readable(run_id::text), status, waits, available_at - pgflow.now(), ended_at = pgflow.now(), end_error,
       crashes from pgflow.runs order by 1$$,
    '[["cancelled", "cancelled", false, null, true, "why", 0], ["completed", "completed", false, null, true, null, 0], ["failed", "failed", false, null, true, "no", 0],
      ["later", "scheduled", true, "01:00:00", null, null, 0], ["owned", "running", false, null, null, null, 2], ["parked", "running", true, "00:01:00", null, null, 0],
      ["paused", "paused", true, "00:00:00", null, null, 0], ["queued", "scheduled", true, "00:00:00", null, null, 0]]');
select expect.rows($$select workflow, version_id = stage.version(), namespace, queue, priority, created_at = pgflow.now(),
       deadline_at - pgflow.now(), input from pgflow.runs
                     where run_id = stage.run('later')$$, '[["flow", true, "s", "q", 4, true, "01:01:00", 5]]');

-- case: what a run has said last
select stage.runs_of_flow('a', 'b');
select pgflow.add_notes(0, stage.runs('a', 'a', 'b', 'a'), '{0,0,0,1}', '{-1,-1,-1,-1}', '{1,1,1,1}', '{0,0.5,1,1}', '{first,half,other,NULL}');
select expect.rows('select run_id, last_message from pgflow.runs order by 2', '[["a", "half"], ["b", "other"]]');

-- case: of which run each is a step
select stage.runs_of_flow('a');
select stage.child('a', 'b', 0);
select expect.rows('select run_id, parent_id from pgflow.runs order by parent_id', '[["b", "a"], ["a", null]]');
