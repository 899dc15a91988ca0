-- broken: coalesce(p_schema -> 'properties' ? p_name, false) => false
-- broken: exit when v_problem is not null; => v_problem := null;
-- broken: coalesce(v_matches, true) => coalesce(v_matches, false)
-- broken: if v_matches then => if false then
-- broken: and not v_is_named and => and

-- case: members that are named, match a pattern, or are additional
select expect.equal(pgflow.member_problem(s::jsonb, s::jsonb, n, v::jsonb, 'x.' || n), problem, format('%s: %s by %s', n, v, s))
from (values
    ('{}', 'a', '1', null),
    ('{"properties": {"a": {"type": "string"}}}', 'a', '1', '`x.a` is of type number, and string is wanted'),
    ('{"properties": {"a": {"type": "string"}}}', 'b', '1', null),
    ('{"properties": {"a": true}, "additionalProperties": false}', 'a', '1', null),
    ('{"properties": {"a": true}, "additionalProperties": false}', 'b', '1', '`x.b` is not allowed'),
    ('{"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": false}', 'ab', '"1"', null),
    ('{"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": false}', 'ab', '1',
     '`x.ab` is of type number, and string is wanted'),
    ('{"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": false}', 'b', '1', '`x.b` is not allowed'),
    ('{"patternProperties": {"(?=a)": {"type": "string"}}, "additionalProperties": false}', 'b', '1', null),
    ('{"properties": {"a": {"minimum": 3}}, "patternProperties": {"a": {"maximum": 5}}}', 'a', '2', '`x.a` is less than 3'),
    ('{"properties": {"a": {"minimum": 3}}, "patternProperties": {"a": {"maximum": 5}}}', 'a', '6', '`x.a` is greater than 5')
) t(s, n, v, problem);
