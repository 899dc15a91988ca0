-- broken: < (p_schema ->> 'minLength')::numeric => < (p_schema ->> 'minLength')::numeric - 1
-- broken: > (p_schema ->> 'maxLength')::numeric => > (p_schema ->> 'maxLength')::numeric + 1
-- broken: and not pgflow.matches => and pgflow.matches
-- broken: v_number < (p_schema ->> 'minimum') => v_number <= (p_schema ->> 'minimum')
-- broken: v_number > (p_schema ->> 'maximum') => v_number >= (p_schema ->> 'maximum')
-- broken: v_number <= (p_schema ->> 'exclusiveMinimum') => v_number < (p_schema ->> 'exclusiveMinimum')
-- broken: v_number >= (p_schema ->> 'exclusiveMaximum') => v_number > (p_schema ->> 'exclusiveMaximum')
-- broken: , 0) <> 0 => , 0) = 0

-- case: numbers and texts, by what fits and what does not
select expect.equal(pgflow.scalar_problem(s::jsonb, v, t), problem, format('%s by %s', v, s))
from (values
    ('{"minLength": 2}', 'äö', 'string', null), ('{"minLength": 2}', 'ä', 'string', 'is shorter than 2'),
    ('{"maxLength": 2}', 'äö', 'string', null), ('{"maxLength": 2}', 'äöü', 'string', 'is longer than 2'),
    ('{"pattern": "^a"}', 'ab', 'string', null), ('{"pattern": "^a"}', 'ba', 'string', 'does not match ^a'),
    ('{"pattern": "\\w"}', '!', 'string', null),
    ('{"minimum": 2}', '1', 'string', null), ('{"minLength": 2}', '1', 'number', null),
    ('{"minimum": 2}', '2', 'number', null), ('{"minimum": 2}', '1.9', 'number', 'is less than 2'),
    ('{"maximum": 2}', '2', 'number', null), ('{"maximum": 2}', '2.1', 'number', 'is greater than 2'),
    ('{"exclusiveMinimum": 2}', '2.1', 'number', null), ('{"exclusiveMinimum": 2}', '2', 'number', 'is not greater than 2'),
    ('{"exclusiveMaximum": 2}', '1.9', 'number', null), ('{"exclusiveMaximum": 2}', '2', 'number', 'is not less than 2'),
    ('{"multipleOf": 0.1}', '0.3', 'number', null), ('{"multipleOf": 2}', '3', 'number', 'is no multiple of 2'),
    ('{"multipleOf": 0}', '3', 'number', null), ('{"maximum": 9007199254740993}', '9007199254740994', 'number', 'is greater than 9007199254740993')
) a(s, v, t, problem);
