-- broken: return pgflow.problem(p_schema, p_root, p_value, p_path) => return pgflow.problem(p_schema, p_schema, p_value, p_path)
-- broken: exception when statement_too_complex => exception when division_by_zero

-- case: what is wrong, by the document
select expect.equal(pgflow.schema_problem('{"$ref": "#/$defs/n"}', '{"$defs": {"n": {"type": "integer"}}}', '"4"', 'input'),
                    '`input` is of type string, and integer is wanted', 'a text'),
       expect.equal(pgflow.schema_problem('{"$ref": "#/$defs/n"}', '{"$defs": {"n": {"type": "integer"}}}', '4', 'input'), null, 'a number');

-- case: what is nested deeper than the server's stack goes is left to the worker
set local max_stack_depth = '200kB';
select expect.equal(pgflow.schema_problem(s, s, (repeat('[', 500) || repeat(']', 500))::jsonb, 'input'), null, 'too deep to say')
from (values ('{"items": {"$ref": "#"}, "type": "array"}'::jsonb)) t(s);
