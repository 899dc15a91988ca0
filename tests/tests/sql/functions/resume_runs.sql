-- broken: perform pgflow.require_read_committed(); => null;
-- broken: perform pgflow.forget_wishes(p_bucket, v_paused); => null;
-- broken: due = not fresh or available_at <= v_now => due = true
-- broken: case when fresh then available_at else v_now end => available_at
-- broken: and i.kind = 'p') => and false)
-- broken: and e.status = 'f' limit 1 => limit 1
-- broken: perform pgflow.note_end( => perform pgflow.note_end(-1 +
-- broken: , seq = default =>
-- broken: perform pgflow.revive_runs(p_bucket, v_failed, null); => null;

-- case: what is paused goes on, and what has failed; the owner of what is owned is asked
select stage.runs_of_flow('due', 'parked', 'owned', 'c', 'f', 'x', 'plain', 'bystander', 'to pause');
select stage.start('later', p_at => pgflow.now() + interval '1 h');
select stage.worker();
select stage.own('w', 'owned'), stage.park('parked', '2 h'), stage.end('c', 'c'), stage.end('x', 'x');
select pgflow.pause_run(stage.run(n)) from unnest('{due,parked,later,bystander}'::text[]) n;
select stage.outcome('f', 2, null, -1, 'f', 'no', 3), stage.end('f', 'f'), stage.message('to pause', 'p'), stage.message('due', 'r'),
       stage.message('due', 'x');
select stage.later('1 min');
select stage.look();
select expect.rows($$select stage.readable(run_id::text), result from pgflow.resume_runs(0, stage.runs('due', 'parked', 'owned', 'c', 'f', 'x',
       'plain', 'later', 'gone', 'to pause', 'f'),
                     'why', 'me') order by 1$$,
    '[["c", "completed"], ["due", "done"], ["f", "done"], ["gone", "unknown"], ["later", "done"], ["owned", "asked"], ["parked", "done"], ["plain", "nothing"], ["to pause", "done"],
      ["x", "cancelled"]]');
select expect.touched('ready due', 'ready parked', 'ready later', 'inbox due', 'inbox owned', 'inbox to pause', 'run_end f', 'outcome f',
       'attempt f', 'ready f', 'action due',
                      'action parked', 'action later', 'action owned', 'action to pause', 'action f');
select expect.rows($$select stage.readable(run_id::text), paused, due, fresh, available_at - pgflow.now() from pgflow.ready
                     where run_id = any(stage.runs('due', 'parked', 'later', 'f')) order by 1$$,
    '[["due", false, true, true, "-00:01:00"], ["f", false, true, false, "00:00:00"], ["later", false, false, true, "00:59:00"], ["parked", false, true, false, "00:00:00"]]');
select expect.yes((select seq from pgflow.ready where run_id = stage.run('due')) > (select seq from pgflow.ready where run_id = stage.run('to pause')), 'it joins the queue anew');
select expect.rows('select run_id, kind, reason from pgflow.inbox order by id', '[["due", "x", null], ["owned", "r", "why"]]');
select expect.rows('select run_id, detail from pgflow.action where kind = ''resume'' and detail <> ''{}''',
       '[["f", {"failed_at": "2030-01-15T12:00:00+00:00"}]]');
select expect.rows('select count(*) from pgflow.action where kind = ''resume'' and actor = ''me'' and reason = ''why''', '[[6]]');
select expect.sound();

-- case: one that was to begin meanwhile is due when it is resumed
select stage.define();
select stage.start('a', p_at => pgflow.now() + interval '1 min');
select pgflow.pause_run(stage.run('a'));
select stage.later('1 h');
select pgflow.resume_run(stage.run('a'));
select expect.rows('select due, paused, fresh, pgflow.now() - available_at from pgflow.ready', '[[true, false, true, "00:59:00"]]');

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select * from pgflow.resume_runs(0, '{}', null, null)$$, '0A000', 'pgflow works in READ COMMITTED%');
