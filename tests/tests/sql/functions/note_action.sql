-- broken: coalesce(p_actor, session_user) => coalesce(p_actor, 'somebody')
-- broken: p_reason, p_detail => null, '{}'
-- broken: w.id, p_at, p_kind => w.id, pgflow.now(), p_kind

-- case: a row for each run, by the actor, or else the user of the session
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c');
select stage.look();
select pgflow.note_action(0, stage.runs('a', 'b'), pgflow.now() - interval '1 h', 'cancel', 'why', 'me', '{"x": 1}');
select expect.touched('action a', 'action b');
select pgflow.note_action(0, stage.runs('c'), pgflow.now(), 'pause', null, null, '{}');
select expect.rows('select run_id, period, pgflow.now() - at, kind, actor = session_user, actor, reason, detail from pgflow.action where actor = ''me'' order by number',
    '[["a", 21929, "01:00:00", "cancel", false, "me", "why", {"x": 1}], ["b", 21929, "01:00:00", "cancel", false, "me", "why", {"x": 1}]]');
select expect.rows('select run_id, kind, reason from pgflow.action where actor = session_user', '[["c", "pause", null]]');
select stage.look();
select pgflow.note_action(0, '{}', pgflow.now(), 'pause', null, null, '{}');
select expect.touched();
select expect.throws($$select pgflow.note_action(0, stage.runs('a'), pgflow.now(), 'other', null, null, '{}')$$, '23514', '%action_kind_check%');
