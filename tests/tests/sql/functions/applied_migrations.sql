-- broken: order by number => order by number desc
-- broken: select number, checksum from migration => select number, name from migration

-- case: those that are recorded, in order, to those who need no path
delete from pgflow.migration;
insert into pgflow.migration values (2, 'b', 'sum of b', pgflow.now()), (1, 'a', 'sum of a', pgflow.now());
select expect.rows('select * from pgflow.applied_migrations()', '[[1, "sum of a"], [2, "sum of b"]]');

-- case: none
delete from pgflow.migration;
select expect.rows('select * from pgflow.applied_migrations()', '[]');
