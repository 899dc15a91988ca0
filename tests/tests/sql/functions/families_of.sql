-- broken: x.run_id = f.id offset 0 => x.run_id = f.root offset 0
-- broken: select f.root, c.child_id from family f => select f.id, c.child_id from family f

-- case: each with itself, and all that descend from it
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'other');
select stage.child('a', 'b', 0), stage.child('b', 'c', 0), stage.child('a', 'd', 1, 0), stage.child('a', 'e', 1, 0, 2), stage.child('other', 'f', 0);
select expect.rows($$select stage.readable(root::text), stage.readable(run_id::text) from pgflow.families_of(0, stage.runs('a', 'b', 'gone')) order by 1, 2$$,
    '[["a", "a"], ["a", "b"], ["a", "c"], ["a", "d"], ["a", "e"], ["b", "b"], ["b", "c"], ["gone", "gone"]]');
select expect.rows($$select * from pgflow.families_of(0, '{}')$$, '[]', 'of none');
select expect.rows($$select run_id from pgflow.families_of(1, stage.runs('a'))$$, '[["a"]]', 'in another bucket');
