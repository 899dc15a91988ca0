-- broken: jsonb_build_object('when', p_step ? 'when'); => jsonb_build_object('when', false);
-- broken: and not v_edges @> jsonb_build_array(jsonb_build_object('step', v_source)) =>
-- broken: 'value', false)); => 'value', true));
-- broken: '{"value": true}'::jsonb || e.edge end order by e.at) => '{"value": true}'::jsonb || e.edge end order by e.at desc)
-- broken: coalesce(p_step -> 'handler', p_step -> 'name') => p_step -> 'name'
-- broken: coalesce(p_step -> 'takes_input', 'true') => 'true'::jsonb
-- broken: then (p_step -> 'map') - 'path' else => then p_step -> 'map' else
-- broken: "max_attempts": 3, => "max_attempts": 4,

-- case: what is left out has its default
select expect.equal(pgflow.full_step('{"name": "a"}'), '{"name": "a", "handler": "a", "takes_input": true, "depends_on": [], "output": true,
    "options": {"max_attempts": 3, "backoff_ms": 1000, "max_backoff_ms": 3600000}}', 'a name');

-- case: what is there stays
select expect.equal(pgflow.full_step('{"name": "a", "handler": "b", "takes_input": false, "depends_on": ["c", {"step": "d"}, {"step": "e", "value": false}],
                                       "output": {"type": "string"}, "item": {}, "description": "d", "options": {"max_attempts": 9, "queue": "q"},
                                       "when": {"input": 1}, "skip": {"with": ["c"]}, "map": {"step": "c", "path": ["x"]}}'),
    '{"name": "a", "handler": "b", "takes_input": false,
      "depends_on": [{"step": "c", "value": true}, {"step": "d", "value": true}, {"step": "e", "value": false}],
      "output": {"type": "string"}, "item": {}, "description": "d", "when": {"input": 1},
      "skip": {"when": true, "on_exhausted": false, "skippable": false, "with": ["c"]}, "map": {"step": "c", "path": ["x"]},
      "options": {"max_attempts": 9, "backoff_ms": 1000, "max_backoff_ms": 3600000, "queue": "q"}}', 'all of it');

-- case: a map step waits for its source, and an empty path is none
select expect.equal(pgflow.full_step('{"name": "a", "map": {"step": "c", "path": []}}') - '{options,output,handler,takes_input,name}'::text[],
    '{"depends_on": [{"step": "c", "value": false}], "map": {"step": "c"}}', 'a source');
select expect.equal(pgflow.full_step('{"name": "a", "map": {"count": 3}, "skip": {"on_exhausted": false}}') -> 'depends_on', '[]', 'a number');
