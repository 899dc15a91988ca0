-- broken: perform pgflow.require_read_committed(); => null;
-- broken: set paused = true, due = false => set paused = true
-- broken: perform pgflow.forget_wishes(p_bucket, v_free); => null;
-- broken: and i.kind = 'x') => and false)
-- broken: perform from pgflow.lower_shares( => perform from pgflow.lower_shares(-1 +
-- broken: v_free || v_owned, v_now, 'pause' => v_free, v_now, 'pause'
-- broken: i.run_id = w.id and i.kind = 'x' => i.kind = 'x'

-- case: what nobody has is paused at once, the owner of what is owned is asked
select stage.runs_of_flow('due', 'parked', 'owned', 'c', 'f', 'x', 'bystander');
select stage.start('later', p_at => pgflow.now() + interval '1 h');
select stage.worker(), stage.worker('other');
select stage.own('w', 'owned'), stage.park('parked', '1 h'), stage.end('c', 'c'), stage.end('f', 'f'), stage.end('x', 'x');
select stage.task(n, 1, 0), stage.task(n, 1, 1), stage.task(n, 1, 2, p_worker => 'other'), stage.mark(n, 1, 0), stage.message(n, 's'),
       stage.message(n, 'r')
from unnest('{parked,owned,bystander}'::text[]) n;
select stage.look();
select expect.rows($$select stage.readable(run_id::text), result from pgflow.pause_runs(0, stage.runs('due', 'parked', 'owned', 'c', 'f', 'x',
       'later', 'gone', 'due'), 'why', 'me')
                     order by 1$$,
    '[["c", "completed"], ["due", "done"], ["f", "failed"], ["gone", "unknown"], ["later", "done"], ["owned", "asked"], ["parked", "done"], ["x", "cancelled"]]');
select expect.touched('ready due', 'ready parked', 'ready later', 'inbox parked', 'inbox owned', 'task parked', 'share parked', 'action due',
       'action parked', 'action later',
                      'action owned');
select expect.rows($$select run_id, paused, due, fresh, available_at - pgflow.now() from pgflow.ready where paused order by available_at, fresh$$,
    '[["due", true, false, true, "00:00:00"], ["parked", true, false, false, "01:00:00"], ["later", true, false, true, "01:00:00"]]');
select expect.rows('select first from pgflow.task where run_id = stage.run(''parked'')', '[[2]]', 'what others execute goes on');
select expect.rows('select remaining from pgflow.share where run_id = stage.run(''parked'')', '[[1]]');
select expect.rows('select kind from pgflow.inbox where run_id = stage.run(''parked'')', '[["s"]]', 'a wish to go on is forgotten');
select expect.rows('select kind, reason from pgflow.inbox where run_id = stage.run(''owned'') order by id',
       '[["s", null], ["r", null], ["p", "why"]]');
select expect.rows('select count(*) from pgflow.action where kind = ''pause'' and actor = ''me'' and reason = ''why''', '[[4]]');
select expect.sound();

-- case: one that is paused stays so
select stage.runs_of_flow('a');
select pgflow.pause_run(stage.run('a'));
select stage.look();
select expect.rows($$select run_id, result from pgflow.pause_runs(0, stage.runs('a'), null, null)$$, '[["a", "done"]]');
select expect.touched('action a');

-- case: one that its next owner is to cancel is not paused: it is to be taken
select stage.runs_of_flow('a');
select stage.message('a', 'x');
select stage.look();
select expect.rows($$select run_id, result from pgflow.pause_runs(0, stage.runs('a'), null, null)$$, '[["a", "asked"]]');
select expect.touched('inbox a', 'action a');

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select * from pgflow.pause_runs(0, '{}', null, null)$$, '0A000', 'pgflow works in READ COMMITTED%');

-- case: that another run is to be cancelled is that run's affair
select stage.runs_of_flow('a', 'b');
select stage.message('b', 'x');
select expect.rows($$select run_id, result from pgflow.pause_runs(0, stage.runs('a'), null, null)$$, '[["a", "done"]]');
