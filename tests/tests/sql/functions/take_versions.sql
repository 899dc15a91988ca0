-- broken: union => intersect
-- broken: and id = p_worker =>
-- broken: and dead_at is null =>

-- case: they are noted beside those of before, of one that lives
select pgflow.register_worker(0, 'a', '1 s', '{1,2}'), pgflow.register_worker(0, 'b', '1 s', '{1}'), pgflow.register_worker(0, 'c', '1 s', '{1}');
update pgflow.worker set dead_at = pgflow.now() where name = 'c';
select pgflow.take_versions(0, stage.w('a'), '{3,2}'), pgflow.take_versions(0, stage.w('c'), '{3}');
select expect.rows('select name, versions from pgflow.worker order by 1', '[["a", [1, 2, 3]], ["b", [1]], ["c", [1]]]');
