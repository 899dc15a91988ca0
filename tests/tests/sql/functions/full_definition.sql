-- broken: coalesce(p_document -> 'input', 'true') => 'true'::jsonb
-- broken: order by s.at) => order by s.at desc)
-- broken: 'deadline_ms', p_document -> 'deadline_ms' => 'deadline_ms', null

-- case: what is left out has its default, and what is there stays
select expect.equal(pgflow.full_definition('{"name": "w", "steps": [{"name": "a"}, {"name": "b"}]}'),
    jsonb_build_object('name', 'w', 'input', true, 'output', true, 'steps', jsonb_build_array(pgflow.full_step('{"name": "a"}'), pgflow.full_step('{"name": "b"}'))),
    'two steps');
select expect.equal(pgflow.full_definition('{"name": "w", "description": "d", "deadline_ms": 7, "input": {"default": null}, "output": {}, "steps": [{"name": "a"}]}') - 'steps',
    '{"name": "w", "description": "d", "deadline_ms": 7, "input": {"default": null}, "output": {}}', 'all of it');

-- case: it is the same when it is done again
select expect.equal(pgflow.full_definition(d), d, 'again')
from pgflow.full_definition('{"name": "w", "steps": [{"name": "a"}, {"name": "b", "map": {"step": "a"}, "when": {"a": [1]}, "skip": {"skippable": true}}]}') d;
