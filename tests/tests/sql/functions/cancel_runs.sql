-- broken: perform pgflow.require_read_committed(); => null;
-- broken: perform pgflow.take_back(p_bucket, v_free); => null;
-- broken: v_free || v_owned, v_now, 'cancel' => v_free, v_now, 'cancel'
-- broken: select p_bucket, w.id, v_now, 'x', p_reason from => select p_bucket, w.id, v_now, 'x', null from
-- broken: perform pgflow.end_families(p_bucket, v_free); => null;
-- broken: perform pgflow.lock_out(p_bucket, p_runs); => null;

-- case: what nobody has is cancelled at once, the owner of what is owned is asked, and what has ended stays as it is
select stage.runs_of_flow('due', 'parked', 'paused', 'owned', 'c', 'f', 'x', 'bystander');
select stage.start('later', p_at => pgflow.now() + interval '1 h');
select stage.worker(), stage.worker('other');
select stage.own('w', 'owned'), stage.park('parked'), stage.end('c', 'c'), stage.end('f', 'f'), stage.end('x', 'x', 'before'),
       pgflow.pause_run(stage.run('paused'));
select stage.task(n, 1, 0), stage.task(n, 1, 1, p_worker => 'other'), stage.mark(n, 1, 0), stage.message(n, 's'), stage.outcome(n, 0,
       '[1]') from unnest('{parked,owned,bystander}'::text[]) n;
select stage.look();
select expect.rows($$select stage.readable(run_id::text), result from pgflow.cancel_runs(0, stage.runs('due', 'parked', 'paused', 'owned', 'c', 'f',
       'x', 'later', 'gone', 'due'),
                     'why', 'me') order by 1$$,
    '[["c", "completed"], ["due", "done"], ["f", "failed"], ["gone", "unknown"], ["later", "done"], ["owned", "asked"], ["parked", "done"], ["paused", "done"],
      ["x", "cancelled"]]');
select expect.rows('select count(*) from pgflow.task where run_id = stage.run(''owned'') and xmax::text <> ''0''', '[[2]]',
       'what is out of it is locked');
select expect.touched('ready due', 'ready parked', 'ready paused', 'ready later', 'run_end due', 'run_end parked', 'run_end paused', 'run_end later',
       'inbox owned', 'inbox parked',
                      'task parked', 'share parked', 'mark parked', 'action due', 'action parked', 'action paused', 'action later', 'action owned');
select expect.rows('select stage.readable(run_id::text), status, error, ended_at = pgflow.now() from pgflow.run_end where error = ''why'' order by 1',
    '[["due", "x", "why", true], ["later", "x", "why", true], ["parked", "x", "why", true], ["paused", "x", "why", true]]');
select expect.rows('select run_id, kind, step, reason from pgflow.inbox where kind = ''x''', '[["owned", "x", null, "why"]]');
select expect.rows('select stage.readable(run_id::text), kind, actor, reason, detail from pgflow.action where kind = ''cancel'' order by 1',
    '[["due", "cancel", "me", "why", {}], ["later", "cancel", "me", "why", {}], ["owned", "cancel", "me", "why", {}], ["parked", "cancel", "me", "why", {}],
      ["paused", "cancel", "me", "why", {}]]');
select expect.sound();

-- case: families are told of what was cancelled at once, and of nothing else
select stage.runs_of_flow('a', 'owned');
select stage.child('a', 'b', 0), stage.child('b', 'c', 0), stage.child('owned', 'd', 0);
select stage.worker(), stage.own('w', 'owned');
select stage.look();
select pgflow.cancel_runs(0, stage.runs('b', 'owned'), null, null);
select expect.rows('select run_id, kind from pgflow.errand order by kind', '[["c", "c"], ["b", "e"]]');

-- case: none
select stage.runs_of_flow('a');
select stage.look();
select expect.rows($$select * from pgflow.cancel_runs(0, '{}', null, null)$$, '[]');
select expect.touched();

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select * from pgflow.cancel_runs(0, '{}', null, null)$$, '0A000', 'pgflow works in READ COMMITTED%');
