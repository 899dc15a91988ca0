-- broken: r.id = w.id and r.parent_id is not null limit 1 => r.id = w.id limit 1
-- broken: where exists (select from run_end e => where true or exists (select from run_end e
-- broken: where not exists ( => where true or not exists (
-- broken: select p_bucket, c.child_id, 'c' => select p_bucket, w.id, 'c'
-- broken: select p_bucket, w.id, 'e' => select p_bucket, w.id, 'c'

-- case: parents are to be told, and children that have not ended to be cancelled
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'alone', 'other');
select stage.child('a', 'b', 0), stage.child('a', 'b2', 0, p_number => 2), stage.child('b', 'c', 0), stage.child('b', 'd', 1, 0), stage.child('b', 'e', 1, 1),
       stage.child('d', 'f', 0), stage.child('other', 'g', 0);
select stage.end('b', 'f'), stage.end('d', 'c'), stage.end('alone', 'c');
select stage.look();
select pgflow.end_families(0, stage.runs('b', 'alone'));
select expect.touched('errand b', 'errand c', 'errand e');
select expect.rows('select stage.readable(run_id::text), kind from pgflow.errand order by 1', '[["b", "e"], ["c", "c"], ["e", "c"]]');
select pgflow.end_families(0, '{}'), pgflow.end_families(1, stage.runs('b'));
select expect.touched();

-- case: of one that executes its last step first, the children are cancelled, and the parent is told later
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.child('a', 'b', 0), stage.child('b', 'c', 0);
select pgflow.end_families(0, stage.runs('b'));
select expect.rows('select run_id, kind from pgflow.errand', '[["c", "c"]]');
