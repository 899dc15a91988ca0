-- broken: coalesce(p_actor, session_user) => coalesce(p_actor, 'somebody')
-- broken: p_reason, p_detail => null, '{}'

-- case: a row for what was done, by the actor, or else the user of the session
set local search_path = pgflow, pg_temp;
select stage.look();
select pgflow.note_schedule(0, 'mine', 'pause', 'why', 'me', '{"x": 1}'), pgflow.note_schedule(0, 'other', 'resume', null, null, '{}');
select expect.touched('schedule_event');
select expect.rows('select bucket, name, at = pgflow.now(), kind, actor, reason, detail from pgflow.schedule_event where actor = ''me''',
    '[[0, "mine", true, "pause", "me", "why", {"x": 1}]]');
select expect.rows('select name, kind, reason, detail from pgflow.schedule_event where actor = session_user', '[["other", "resume", null, {}]]');
