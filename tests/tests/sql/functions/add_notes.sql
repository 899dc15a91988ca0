-- broken: 'synchronous_commit', 'off' => 'synchronous_commit', 'on'
-- broken: n.attempt, n.progress, n.message => n.attempt, null, n.message
-- broken: pgflow.period_of_run(n.run_id) => 0

-- case: a row for each, in order
set local synchronous_commit = on;
select stage.runs_of_flow('a', 'b');
select stage.look();
select pgflow.add_notes(0, stage.runs('a', 'b', 'a'), '{0,1,1}', '{-1,3,4}', '{1,2,1}', '{0.5,NULL,1}', '{half,a word,NULL}');
select expect.touched('note a', 'note b');
select expect.rows('select run_id, step, index, attempt, progress, message, at = pgflow.now(), period from pgflow.note order by number',
    '[["a", 0, -1, 1, 0.5, "half", true, 21929], ["b", 1, 3, 2, null, "a word", true, 21929], ["a", 1, 4, 1, 1, null, true, 21929]]');
select expect.equal(current_setting('synchronous_commit'), 'off', 'nothing is promised');

-- case: none, and what is out of bounds
select stage.runs_of_flow('a');
select stage.look();
select pgflow.add_notes(0, '{}', '{}', '{}', '{}', '{}', '{}');
select expect.throws($$select pgflow.add_notes(0, stage.runs('a'), '{0}', '{0}', '{1}', '{1.5}', '{x}')$$, '23514', '%note_progress_check%');
select expect.touched();
