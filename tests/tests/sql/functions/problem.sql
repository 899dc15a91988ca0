-- broken: 'false'::jsonb then => 'nothing'::jsonb then
-- broken: % 1 = 0 => % 1 <> 2
-- broken: p_schema -> 'const' <> p_value => p_schema -> 'const' = p_value
-- broken: where e = p_value => where e @> p_value
-- broken: < (p_schema ->> 'minProperties')::numeric => < (p_schema ->> 'minProperties')::numeric - 1
-- broken: > (p_schema ->> 'maxProperties')::numeric => > (p_schema ->> 'maxProperties')::numeric + 1
-- broken: < (p_schema ->> 'minItems')::numeric => < (p_schema ->> 'minItems')::numeric - 1
-- broken: > (p_schema ->> 'maxItems')::numeric => > (p_schema ->> 'maxItems')::numeric + 1
-- broken: count(*) > count(distinct i) => count(*) < count(distinct i)
-- broken: 'allOf' => 'noneOf'
-- broken: v_key::int < v_at => v_key::int <= v_at
-- broken: v_problem is null and p_schema ? 'oneOf' => p_schema ? 'oneOf'
-- broken: pgflow.pointer(p_schema ->> '$ref') => array['elsewhere']

-- case: what fits anything, and what fits nothing
select expect.equal(pgflow.problem(s, s, v, 'x'), null, format('%s by %s', v, s))
from (values ('true'::jsonb), ('{}')) a(s), (values ('1'::jsonb), ('null'), ('{"a": []}')) b(v);
select expect.equal(pgflow.problem('false', 'false', '1', 'input'), '`input` is not allowed', 'by false');

-- case: each rule, by what fits it and what does not
select expect.equal(pgflow.problem(s::jsonb, s::jsonb, v::jsonb, 'x'), problem, format('%s by %s', v, s))
from (values
    ('{"type": "integer"}', '1', null), ('{"type": "integer"}', '1.0', null),
    ('{"type": "integer"}', '1.5', '`x` is of type number, and integer is wanted'),
    ('{"type": "integer"}', '"1"', '`x` is of type string, and integer is wanted'),
    ('{"type": "number"}', '1.5', null), ('{"type": "null"}', 'null', null),
    ('{"type": "boolean"}', 'null', '`x` is of type null, and boolean is wanted'),
    ('{"type": ["string", "null"]}', 'null', null), ('{"type": ["string", "integer"]}', '2', null),
    ('{"type": ["string", "null"]}', '2', '`x` is of type number, and string or null is wanted'),
    ('{"const": 1}', '1', null), ('{"const": {"a": 1}}', '{"a": 2}', '`x` is not {"a": 1}'), ('{"const": null}', 'null', null),
    ('{"enum": ["a", 2]}', '2', null), ('{"enum": ["a", 2]}', '"b"', '`x` is none of "a", 2'),
    ('{"minimum": 2}', '2', null), ('{"minimum": 2}', '1.9', '`x` is less than 2'), ('{"minimum": 2}', '"a"', null),
    ('{"maximum": 2}', '2', null), ('{"maximum": 2}', '2.1', '`x` is greater than 2'),
    ('{"minLength": 2}', '"äö"', null), ('{"minLength": 2}', '"a"', '`x` is shorter than 2'),
    ('{"maxLength": 2}', '"äö"', null), ('{"maxLength": 2}', '"abc"', '`x` is longer than 2'),
    ('{"minItems": 1}', '[1]', null), ('{"minItems": 1}', '[]', '`x` has fewer than 1 items'),
    ('{"maxItems": 1}', '[1]', null), ('{"maxItems": 1}', '[1, 2]', '`x` has more than 1 items'),
    ('{"required": ["a", "b"]}', '{"b": 1, "a": null}', null), ('{"required": ["a", "b"]}', '{"b": 1}', '`x` has no `a`'),
    ('{"required": ["b", "a"]}', '{}', '`x` has no `b`'), ('{"required": ["a"]}', '[]', null),
    ('{"properties": {"a": {"type": "string"}}}', '{"a": "1", "b": 2}', null),
    ('{"properties": {"a": {"type": "string"}}}', '{"a": 1}', '`x.a` is of type number, and string is wanted'),
    ('{"additionalProperties": false}', '{"b": 1}', '`x.b` is not allowed'),
    ('{"properties": {"b": true}, "additionalProperties": false}', '{"b": 1}', null),
    ('{"additionalProperties": {"type": "string"}}', '{"b": 1}', '`x.b` is of type number, and string is wanted'),
    ('{"additionalProperties": false, "patternProperties": {"^b": true}}', '{"b": 1}', null),
    ('{"items": {"type": "integer"}}', '[1, 2]', null), ('{"items": {"type": "integer"}}', '[1, "a"]',
           '`x[1]` is of type string, and integer is wanted'),
    ('{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}', '["a", 1]', null),
    ('{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}', '[1]', '`x[0]` is of type number, and string is wanted'),
    ('{"prefixItems": [{"type": "string"}], "items": false}', '["a", 1]', '`x[1]` is not allowed'),
    ('{"prefixItems": [{"type": "string"}]}', '["a", 1]', null),
    ('{"allOf": [{"minimum": 1}, {"maximum": 3}]}', '2', null), ('{"allOf": [{"minimum": 1}, {"maximum": 3}]}', '4', '`x` is greater than 3'),
    ('{"anyOf": [{"type": "null"}, {"type": "string"}]}', '"a"', null), ('{"anyOf": [true, {"type": "string"}]}', '"a"', null),
    ('{"anyOf": [{"type": "null"}, {"type": "string"}]}', '1',
     '`x` is of type number, and null or string is wanted'),
    ('{"anyOf": [{"type": "null"}]}', '1', '`x` is of type number, and null is wanted'),
    ('{"oneOf": [{"minimum": 5}, {"maximum": 3}]}', '1', null),
    ('{"oneOf": [{"minimum": 1}, {"maximum": 3}]}', '2', null), ('{"oneOf": [{"minimum": 3}]}', '2', '`x` is less than 3'),
    ('{"anyOf": [{"minimum": 1}], "oneOf": [{"minimum": 3}]}', '2', '`x` is less than 3'),
    ('{"anyOf": [{"minimum": 4}], "oneOf": [{"minimum": 1}]}', '2', '`x` is less than 4'),
    ('{"enum": [{"a": 1, "b": 2}]}', '{"a": 1}', '`x` is none of {"a": 1, "b": 2}'),
    ('{"minProperties": 1}', '{"a": 1}', null), ('{"minProperties": 1}', '{}', '`x` has fewer than 1 members'),
    ('{"maxProperties": 1}', '{"a": 1}', null), ('{"maxProperties": 1}', '{"a": 1, "b": 1}', '`x` has more than 1 members'),
    ('{"uniqueItems": true}', '[1, "1", [1]]', null), ('{"uniqueItems": true}', '[1, 2, 1.0]', '`x` has an item twice'),
    ('{"uniqueItems": false}', '[1, 1]', null)
) t(s, v, problem);

-- case: references lead into the document
select expect.equal(pgflow.problem(s, s, '{"next": {"next": {"n": 1}}}', 'x'), null, 'a list of some depth'),
       expect.equal(pgflow.problem(s, s, '{"next": {"next": {"n": "one"}}}', 'x'),
                    '`x.next.next.n` is of type string, and integer is wanted', 'what is wrong within')
from (values ('{"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"n": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}}}'::jsonb)) t(s);
select expect.equal(pgflow.problem('{"$ref": "https://example.com/x"}', '{}', '1', 'x'), null, 'one that leads elsewhere is left alone');

-- case: a rule beside a reference counts as well
select expect.equal(pgflow.problem('{"$ref": "#/$defs/n", "maximum": 3}', '{"$defs": {"n": {"type": "integer"}}}', '4', 'x'),
                    '`x` is greater than 3', 'beside the reference');

-- case: references whose names are written otherwise, to the document itself, and to nothing
select expect.equal(pgflow.problem(s, s, '{}', 'x'), null, 'a name with a slash'),
       expect.equal(pgflow.problem(s, s, '1', 'x'), '`x` is of type number, and object is wanted', 'what does not fit it')
from (values ('{"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "object"}}}'::jsonb)) t(s);
select expect.equal(pgflow.problem(s, s, '{"a": {"a": 1}}', 'x'), '`x.a.a` is of type number, and object is wanted', 'itself')
from (values ('{"type": "object", "properties": {"a": {"$ref": "#"}}}'::jsonb)) t(s);
select expect.equal(pgflow.problem(s, s, '1', 'x'), null, 'nothing is there')
from (values ('{"anyOf": [{"$ref": "#/$defs/none"}]}'::jsonb)) t(s);
