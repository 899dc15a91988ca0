-- broken: v.id = p_version => v.id >= p_version
-- broken: not found => false

-- case: starts by name use it
select stage.define();
select stage.define(p_hash => 'b');
select stage.look();
select pgflow.make_current(pgflow.version_id('flow', repeat('a', 64)));
select expect.touched('workflow');
select stage.start('a');
select expect.rows('select version_id = (select min(id) from pgflow.version) from pgflow.run', '[[true]]', 'the first version');

-- case: the same again changes nothing; other workflows have nothing to do with it
select stage.define();
select stage.define(stage.definition('other'));
select stage.look();
select pgflow.make_current(stage.version());
select expect.touched();

-- case: an unknown version is refused
select stage.define();
select stage.look();
select expect.throws('select pgflow.make_current(0)', 'PF404', 'there is no version 0');
select expect.throws('select pgflow.make_current(null)', 'PF404', 'there is no version %');
select expect.touched();
