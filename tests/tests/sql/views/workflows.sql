-- case: each with its current version
select stage.define(), stage.define(stage.definition('other'));
select stage.define(p_hash => 'b');
select pgflow.make_current(pgflow.version_id('flow', repeat('a', 64)));
select expect.rows('select name, current_version = pgflow.version_id(name, repeat(''a'', 64)), left(current_hash, 1), versions, created_at = pgflow.now() from pgflow.workflows order by 1',
                   '[["flow", true, "a", 2, true], ["other", true, "a", 1, true]]');

-- case: none
select expect.rows('select * from pgflow.workflows', '[]');
