-- broken: 'paused') => 'cancelled')
-- broken: p_reason, p_actor) => null, null)

-- case: done, or asked
select stage.runs_of_flow('a', 'owned');
select stage.worker(), stage.own('w', 'owned');
select expect.equal(pgflow.pause_run(stage.run('a'), 'why', 'me'), 'done', 'a queued one');
select expect.equal(pgflow.pause_run(stage.run('owned')), 'asked', 'one with an owner');
select expect.rows('select kind, actor = ''me'', reason from pgflow.action order by number', '[["pause", true, "why"], ["pause", false, null]]');

-- case: one that has ended, or is unknown, is refused
select stage.runs_of_flow('c', 'f', 'x');
select stage.end('c', 'c'), stage.end('f', 'f'), stage.end('x', 'x');
select stage.look();
select expect.throws($$select pgflow.pause_run(stage.run('c'))$$, 'PF409', 'run c cannot be paused: it has ended as completed');
select expect.throws($$select pgflow.pause_run(stage.run('f'))$$, 'PF409', 'run f cannot be paused: it has ended as failed');
select expect.throws($$select pgflow.pause_run(stage.run('x'))$$, 'PF409', 'run x cannot be paused: it has ended as cancelled');
select expect.throws($$select pgflow.pause_run(stage.run('gone'))$$, 'PF404', 'there is no run gone');
select expect.touched();
