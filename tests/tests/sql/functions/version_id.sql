-- broken: w.name = p_workflow and => 
-- broken: and v.hash = p_hash =>

-- case: the version of this workflow with this hash
select stage.define();
select stage.define(p_hash => 'b');
select stage.define(stage.definition('other'));
select expect.equal(pgflow.version_id('flow', repeat('a', 64)), (select min(id) from pgflow.version), 'the first');
select expect.equal(pgflow.version_id('flow', repeat('b', 64)), stage.version(), 'the second');
select expect.equal(pgflow.version_id('other', repeat('a', 64)), stage.version('other'), 'of another workflow');

-- case: where there is none, null
select stage.define();
select expect.equal(pgflow.version_id('flow', repeat('c', 64)), null, 'no such hash');
select expect.equal(pgflow.version_id('other', repeat('a', 64)), null, 'no such workflow');
select expect.equal(pgflow.version_id(null, null), null, 'nothing');
