-- broken: order by g.number => order by g.number desc
-- broken: s.number = g.step => s.number = 1
-- broken: and g.run_id = p_run => and g.run_id <> p_run
-- broken: and r.id = g.run_id => and true

-- case: in the order in which they were sent, whether or not they came in time
select stage.runs_that_wait('a', 'b');
select stage.attempt('a', 3, 0, p_retry => '-1 h'), stage.signal('a', 3, '"x"', '1 s', 'anna'), stage.signal('b', 1, '9'), stage.signal('a', 1, '2', '2 s', 'bert');
select stage.look();
select expect.rows($$select signal, step, pgflow.now() - sent_at, sender, payload from pgflow.run_signals(stage.run('a'))$$,
    '[["word", "other", "00:00:01", "anna", "x"], ["go", "first", "00:00:02", "bert", 2]]');
select expect.rows($$select s.number = (select min(g.number) from pgflow.signal g) from pgflow.run_signals(stage.run('a')) s$$, '[[true], [false]]', 'numbers');
select expect.rows($$select * from pgflow.run_signals(stage.run('gone'))$$, '[]', 'of an unknown run');
select expect.touched();
