-- broken: coalesce(p_actor, session_user) => coalesce(p_actor, 'somebody')
-- broken: 'failed_at', e.ended_at, =>
-- broken: jsonb_strip_nulls( => (

-- case: an action, with how the run had ended; of those that have not, none
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'c');
select stage.end('a', 'f', 'the end'), stage.end('b', 'f');
select stage.look();
select pgflow.note_end(0, stage.runs('a', 'b', 'c', 'gone'), pgflow.now() + interval '1 h', 'resume', 'why', null, null);
select expect.touched('action a', 'action b');
select expect.rows('select run_id, kind, actor = session_user, reason, detail, at - pgflow.now() from pgflow.action order by number',
    '[["a", "resume", true, "why", {"error": "the end", "failed_at": "2030-01-15T12:00:00+00:00"}, "01:00:00"],
      ["b", "resume", true, "why", {"failed_at": "2030-01-15T12:00:00+00:00"}, "01:00:00"]]');
select pgflow.note_end(0, stage.runs('b'), pgflow.now(), 'retry', null, 'me', 'each');
select expect.rows('select kind, detail from pgflow.action where actor = ''me''',
       '[["retry", {"step": "each", "failed_at": "2030-01-15T12:00:00+00:00"}]]');
