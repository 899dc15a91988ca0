-- broken: p_path || '.' || p_name => p_path || p_name
-- broken: to_jsonb(p_name)::text => p_name

-- case: a plain word after a dot, anything else in brackets
select expect.equal(pgflow.member('input', 'lines'), 'input.lines', 'a word'), expect.equal(pgflow.member('a[1]', '_x9'), 'a[1]._x9', 'another'),
       expect.equal(pgflow.member('input', 'two words'), 'input["two words"]', 'two words'),
       expect.equal(pgflow.member('input', '9'), 'input["9"]', 'a number'), expect.equal(pgflow.member('input', 'a"b'), 'input["a\"b"]', 'a quote'),
       expect.equal(pgflow.member('input', ''), 'input[""]', 'nothing');
