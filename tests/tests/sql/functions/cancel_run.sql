-- broken: if v_result = 'cancelled' then => if false then
-- broken: p_reason, p_actor) => null, null)
-- broken: v_result, 'cancelled') => v_result, 'paused')

-- case: done, or asked; one that is cancelled stays so
select stage.runs_of_flow('a', 'owned');
select stage.worker(), stage.own('w', 'owned');
select expect.equal(pgflow.cancel_run(stage.run('a'), 'why', 'me'), 'done', 'a queued one');
select expect.equal(pgflow.cancel_run(stage.run('owned')), 'asked', 'one with an owner');
select expect.rows('select kind, actor = ''me'', reason from pgflow.action order by number', '[["cancel", true, "why"], ["cancel", false, null]]');
select stage.look();
select expect.equal(pgflow.cancel_run(stage.run('a'), 'again'), 'done', 'once more');
select expect.touched();
select expect.rows('select error from pgflow.run_end', '[["why"]]', 'why it was cancelled');

-- case: one that has ended otherwise, or is unknown, is refused
select stage.runs_of_flow('c', 'f');
select stage.end('c', 'c'), stage.end('f', 'f');
select expect.throws($$select pgflow.cancel_run(stage.run('c'))$$, 'PF409', 'run c cannot be cancelled: it has ended as completed');
select expect.throws($$select pgflow.cancel_run(stage.run('f'))$$, 'PF409', 'run f cannot be cancelled: it has ended as failed');
select expect.throws($$select pgflow.cancel_run(stage.run('gone'))$$, 'PF404', 'there is no run gone');
