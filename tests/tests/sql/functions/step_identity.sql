-- broken: 'handler', p_step -> 'handler', => 
-- broken: coalesce(p_step -> 'skip', '{"when": false, "on_exhausted": false, "skippable": false, "with": []}') => p_step -> 'skip'
-- broken: jsonb_build_object('when', p_step -> 'when') => '{}'::jsonb
-- broken: pgflow.canonical(p_step -> 'output', true)::jsonb => p_step -> 'output'

-- case: all but options and descriptions
select expect.equal(pgflow.step_identity(pgflow.full_step('{"name": "a", "output": {"title": "T", "type": "string"}, "description": "d", "options": {"queue": "q"}}')),
    '{"depends_on":[],"handler":"a","map":null,"name":"a","on_failure":false,"output":{"type":"string"},"skip":{"on_exhausted":false,"skippable":false,"when":false,"with":[]},"takes_input":true}',
    'the text');
select expect.yes(pgflow.step_identity(pgflow.full_step('{"name": "a", "when": {"input": 1}}')) like '%"when":{"input":1}}', 'a condition');
