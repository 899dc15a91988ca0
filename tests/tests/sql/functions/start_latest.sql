-- broken: if v_waits and p_quiet is not null then => if false then
-- broken: p_max_backlog + coalesce(v_waits, false)::int => p_max_backlog
-- broken: select r.fresh into v_waits => select true into v_waits
-- broken: update latest set run_id = v_new => update latest set run_id = null
-- broken: v_start <= v_now and not paused => v_start <= v_now
-- broken: greatest(p_start_at, v_now, v_now + p_quiet) => greatest(p_start_at, v_now)
-- broken: perform pgflow.require_read_committed(); => null;
-- broken: deadline_at = v_start + p_deadline => deadline_at = null

-- case: the first of a key is a start like any other
select stage.define();
select stage.look();
select stage.name('a', pgflow.start_latest(0, stage.version(), '1', 'k', null, true, 'q', 3, 's', null, '1 min', null, 'me'));
select expect.touched('latest', 'run a', 'ready a', 'action a');
select expect.rows('select key, run_id from pgflow.latest', '[["k", "a"]]');
select expect.rows('select input, checked, queue, priority, namespace, deadline_at - pgflow.now() from pgflow.run',
       '[[1, true, "q", 3, "s", "00:01:00"]]');
select expect.rows('select due, fresh from pgflow.ready', '[[true, true]]');

-- case: an earlier one that has not begun is cancelled, and says by whom; that of another key or workflow is not
select stage.define();
select stage.define(stage.definition('other'));
select stage.name(k, pgflow.start_latest(0, stage.version(w), '1', left(k, 1), null, true, 'default', 0, '', null, null, null, null))
from (values ('k', 'flow'), ('l', 'flow'), ('k of other', 'other')) v(k, w);
select stage.look();
select stage.name('new', pgflow.start_latest(0, stage.version(), '2', 'k', null, true, 'default', 0, '', null, null, null, null));
select expect.touched('latest', 'run new', 'ready new', 'ready k', 'run_end k', 'action k');
select expect.rows('select status, error = format(''superseded by run %s'', stage.run(''new'')) from pgflow.run_end', '[["x", true]]');
select expect.rows('select kind, actor = session_user from pgflow.action', '[["cancel", true]]');
select expect.sound();

-- case: one that has begun, or ended, is left alone
select stage.define();
select stage.worker();
select stage.name(k, pgflow.start_latest(0, stage.version(), '1', k, null, true, 'default', 0, '', null, null, null, null))
from unnest('{owned,parked,ended}'::text[]) k;
select stage.own('w', 'owned'), stage.park('parked'), stage.end('ended', 'f');
select stage.look();
select stage.name('new ' || k, pgflow.start_latest(0, stage.version(), '1', k, '1 min', true, 'default', 0, '', null, null, null, null))
from unnest('{owned,parked,ended}'::text[]) k;
select expect.touched('latest', 'run new owned', 'ready new owned', 'run new parked', 'ready new parked', 'run new ended', 'ready new ended');
select expect.rows('select key, run_id from pgflow.latest order by key',
       '[["ended", "new ended"], ["owned", "new owned"], ["parked", "new parked"]]');
select expect.rows('select run_id, due, available_at - pgflow.now() from pgflow.ready where fresh order by seq',
                   '[["new owned", false, "00:01:00"], ["new parked", false, "00:01:00"], ["new ended", false, "00:01:00"]]');

-- case: with a quiet time, the earlier one gets what the later one has, and begins when it has been quiet for so long
select stage.define();
select stage.name('a', pgflow.start_latest(0, stage.version(), '1', 'k', '1 min', true, 'default', 0, '', null, null, null, null));
select stage.start('bystander');
select stage.define(p_hash => 'b');
select stage.later('30 s');
select stage.look();
select expect.equal(pgflow.start_latest(0, stage.version(), '2', 'k', '1 min', false, 'q', 4, 's', null, '1 h', null, 'me'), stage.run('a'),
       'the same run');
select expect.touched('run a', 'ready a', 'action a');
select expect.rows($$select input, checked, queue, priority, namespace, deadline_at - pgflow.now(), version_id = stage.version()
                     from pgflow.run where id = stage.run('a')$$, '[[2, false, "q", 4, "s", "01:01:00", true]]');
select expect.rows($$select due, fresh, available_at - pgflow.now(), queue, priority, namespace, version_id = stage.version()
                     from pgflow.ready where run_id = stage.run('a')$$, '[[false, true, "00:01:00", "q", 4, "s", true]]');
select expect.rows('select kind, actor, detail from pgflow.action', '[["debounce", "me", {"until": "2030-01-15T12:01:30+00:00"}]]');

-- case: a quiet time that is over makes it due at once, but for one that is paused
select stage.define();
select stage.name(k, pgflow.start_latest(0, stage.version(), '1', k, '1 min', true, 'default', 0, '', null, null, null, null))
from unnest('{a,paused}'::text[]) k;
select pgflow.pause_run(stage.run('paused'));
select expect.equal(pgflow.start_latest(0, stage.version(), '2', k, '0', true, 'default', 0, '', null, null, null, null), stage.run(k), k)
from unnest('{a,paused}'::text[]) k;
select expect.rows('select run_id, due, paused, available_at = pgflow.now() from pgflow.ready order by due desc',
                   '[["a", true, false, true], ["paused", false, true, true]]');

-- case: the earlier one makes room for the later one, and for no others
select stage.define();
select stage.name('a', pgflow.start_latest(0, stage.version(), '1', 'k', null, true, 'default', 0, '', null, null, null, null));
select stage.name('b', pgflow.start_latest(0, stage.version(), '1', 'k', null, true, 'default', 0, '', null, null, 1, null));
select stage.look();
select expect.throws($$select pgflow.start_latest(0, stage.version(), '1', 'other', null, true, 'default', 0, '', null, null, 1, null)$$, 'PF429',
                     'no run was started: 1 wait already, and 1 may');
select expect.touched();

-- case: what is no key, or no version, is refused
select stage.define();
select expect.throws($$select pgflow.start_latest(0, stage.version(), '1', '', null, true, 'default', 0, '', null, null, null, null)$$, '23514',
                     '%latest_key_check%');
select expect.throws($$select pgflow.start_latest(0, 0, '1', 'k', null, true, 'default', 0, '', null, null, null, null)$$, '23502',
       '%"workflow_id"%');

-- case: another isolation is refused, also where nothing would be started
-- isolation: repeatable read
select stage.define();
insert into pgflow.run (bucket, period, id, version_id, checked, priority, created_at, queue, namespace, input)
values (0, stage.period('gone'), stage.run('gone'), stage.version(), true, 0, pgflow.now(), 'default', '', '1');
select stage.park('gone');
update pgflow.ready set fresh = true;
insert into pgflow.latest select 0, w.id, 'k', stage.run('gone') from pgflow.workflow w;
select expect.throws($$select pgflow.start_latest(0, stage.version(), '1', 'k', '1 min', true, 'default', 0, '', null, null, null, null)$$, '0A000',
                     'pgflow works in READ COMMITTED%');
