-- broken: 'resumed') => 'paused')
-- broken: p_reason, p_actor) => null, null)

-- case: done, or asked
select stage.runs_of_flow('a', 'owned', 'failed');
select stage.worker(), stage.own('w', 'owned'), pgflow.pause_run(stage.run('a')), stage.end('failed', 'f');
select expect.equal(pgflow.resume_run(stage.run('a'), 'why', 'me'), 'done', 'a paused one');
select expect.equal(pgflow.resume_run(stage.run('owned')), 'asked', 'one with an owner');
select expect.equal(pgflow.resume_run(stage.run('failed')), 'done', 'one that has failed');
select expect.rows('select actor = ''me'', reason from pgflow.action where kind = ''resume'' order by number',
       '[[true, "why"], [false, null], [false, null]]');

-- case: one that is not paused, has ended otherwise, or is unknown, is refused
select stage.runs_of_flow('a', 'c', 'x');
select stage.end('c', 'c'), stage.end('x', 'x');
select stage.look();
select expect.throws($$select pgflow.resume_run(stage.run('a'))$$, 'PF409', 'run a cannot be resumed: it is neither paused, nor has it failed');
select expect.throws($$select pgflow.resume_run(stage.run('c'))$$, 'PF409', 'run c cannot be resumed: it has ended as completed');
select expect.throws($$select pgflow.resume_run(stage.run('x'))$$, 'PF409', 'run x cannot be resumed: it has ended as cancelled');
select expect.throws($$select pgflow.resume_run(stage.run('gone'))$$, 'PF404', 'there is no run gone');
select expect.touched();
