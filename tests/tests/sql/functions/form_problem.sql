-- broken: if v_problem is null then => if false then
-- broken: and p.schema -> 'const' <> p_value -> p.name => and p.schema -> 'const' = p_value -> p.name
-- broken: v_depth > v_deepest => v_depth < v_deepest
-- broken: when v_tried = 1 then v_nearest => when false then v_nearest
-- broken: v_type = 'number' and v_form ->> 'type' = 'integer' => false

-- case: one form that fits is enough
select expect.equal(pgflow.form_problem('[{"type": "null"}, {"type": "string"}]', '{}', '"a"', 'x'), null, 'the second'),
       expect.equal(pgflow.form_problem('[{"minimum": 5}, {"maximum": 3}]', '{}', '1', 'x'), null, 'the second of two that may be meant');

-- case: what is told is what is wrong with the form that is probably meant
select expect.equal(pgflow.form_problem(f::jsonb, '{}', v::jsonb, 'x'), problem, format('%s by %s', v, f))
from (values
    ('[{"type": "null"}, {"type": "string"}]', '1', '`x` is of type number, and null or string is wanted'),
    ('[{"type": "null"}, {"type": "string", "minLength": 2}]', '"a"', '`x` is shorter than 2'),
    ('[{"type": "null"}, {"type": "integer"}]', '1.5', '`x` is of type number, and integer is wanted'),
    ('[{"properties": {"kind": {"const": "a"}, "n": {"type": "string"}}}, {"properties": {"kind": {"const": "b"}, "n": {"type": "null"}}}]',
     '{"kind": "b", "n": 1}', '`x.n` is of type number, and null is wanted'),
    ('[{"properties": {"kind": {"const": "a"}}}, {"properties": {"kind": {"const": "b"}}}]', '{"kind": "c"}', '`x.kind` is none of "a", "b"'),
    ('[{"required": ["a"]}, {"properties": {"b": {"properties": {"c": {"type": "null"}}}}}, {"required": ["d"]}]', '{"b": {"c": 1}}',
     '`x` fits none of its 3 forms (the nearest: `x.b.c` is of type number, and null is wanted)')
) t(f, v, problem);
