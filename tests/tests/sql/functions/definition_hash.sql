-- broken: order by s.at) => order by s.at desc)
-- broken: pgflow.canonical(p_definition -> 'input', true) => 'true'
-- broken: p_definition -> 'name' => '"w"'

-- case: that of a definition that Rust has made
select expect.equal(pgflow.definition_hash(pgflow.full_definition('{"name": "w", "steps": [{"name": "a"}]}')),
    encode(sha256('{"input":true,"name":"w","output":true,"steps":[{"depends_on":[],"handler":"a","map":null,"name":"a","on_failure":false,"output":true,"skip":{"on_exhausted":false,"skippable":false,"when":false,"with":[]},"takes_input":true}]}'), 'hex'),
    'the hash');

-- case: steps stand in it in their order
select expect.equal(pgflow.definition_hash(d), encode(sha256(convert_to(format('{"input":true,"name":"w","output":true,"steps":[%s,%s]}',
    pgflow.step_identity(d #> '{steps,0}'), pgflow.step_identity(d #> '{steps,1}')), 'UTF8')), 'hex'), 'the hash')
from pgflow.full_definition('{"name": "w", "steps": [{"name": "b"}, {"name": "a"}]}') d;

-- case: other definitions have others, but for options
create function pg_temp.hash(p_document jsonb) returns text language sql as $$ select pgflow.definition_hash(pgflow.full_definition(p_document)) $$;
select expect.yes(pg_temp.hash(d) <> pg_temp.hash('{"name": "w", "steps": [{"name": "a"}, {"name": "b"}]}'), d::text)
from unnest(array['{"name": "v", "steps": [{"name": "a"}, {"name": "b"}]}', '{"name": "w", "steps": [{"name": "b"}, {"name": "a"}]}',
                  '{"name": "w", "input": {}, "steps": [{"name": "a"}, {"name": "b"}]}', '{"name": "w", "steps": [{"name": "a"}, {"name": "b", "depends_on": ["a"]}]}'
                 ]::jsonb[]) d;
select expect.equal(pg_temp.hash('{"name": "w", "steps": [{"name": "a", "options": {"queue": "q"}}]}'), pg_temp.hash('{"name": "w", "steps": [{"name": "a"}]}'), 'options');
