-- broken: nullif(c.index, -1) => c.index
-- broken: order by c.started_at, c.step => order by c.step
-- broken: and c.run_id = p_run => and true
-- broken: pgflow.status_word(e.status, q.paused, q.fresh) => pgflow.status_word(e.status, false, q.fresh)
-- broken: e.run_id = c.child_id => e.run_id = c.run_id
-- broken: q.run_id = c.child_id => q.run_id = c.run_id

-- case: those of a run, in the order of their start, and how they stand
select stage.runs_of_flow('a', 'other');
select stage.child('a', 'b', 1, 4), stage.child('a', 'c', 1, 3), stage.child('other', 'd', 0);
select stage.later('1 s');
select stage.child('a', 'e', 0), stage.child('a', 'f', 1, 4, 2), stage.child('b', 'g', 0);
select stage.worker(), stage.own('w', 'b'), stage.end('c', 'f'), stage.park('f'), pgflow.pause_run(stage.run('f'));
select stage.look();
select expect.rows($$select run_id, step, index, attempt, pgflow.now() - started_at, status from pgflow.run_children(stage.run('a'))$$,
    '[["c", "each", 3, 1, "00:00:01", "failed"], ["b", "each", 4, 1, "00:00:01", "running"],
      ["e", "list", null, 1, "00:00:00", "scheduled"], ["f", "each", 4, 2, "00:00:00", "paused"]]');
select expect.rows($$select * from pgflow.run_children(stage.run('gone'))$$, '[]', 'of none');
select expect.touched();
