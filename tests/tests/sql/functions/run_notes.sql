-- broken: n.number > p_after => n.number >= p_after
-- broken: limit p_limit => limit 99
-- broken: order by n.number => order by n.number desc
-- broken: nullif(n.index, -1) => n.index

-- case: in order, after a number, at most so many
select stage.runs_of_flow('a', 'b');
select setval('pgflow.note_number', 100);
select pgflow.add_notes(0, stage.runs('a', 'b', 'a', 'a'), '{0,0,1,1}', '{-1,-1,3,4}', '{1,1,2,1}', '{0.5,0.1,NULL,1}', '{half,other,a word,NULL}');
select stage.look();
select expect.rows($$select number, at = pgflow.now(), step, index, attempt, progress, message from pgflow.run_notes(stage.run('a'))$$,
    '[[101, true, "list", null, 1, 0.5, "half"], [103, true, "each", 3, 2, null, "a word"], [104, true, "each", 4, 1, 1, null]]');
select expect.rows($$select number from pgflow.run_notes(stage.run('a'), 101)$$, '[[103], [104]]', 'after one');
select expect.rows($$select number from pgflow.run_notes(stage.run('a'), 0, 2)$$, '[[101], [103]]', 'at most two');
select expect.rows($$select * from pgflow.run_notes(stage.run('gone'))$$, '[]', 'of an unknown run');
select expect.touched();
