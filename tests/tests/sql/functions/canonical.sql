-- broken: order by m.key collate "C" => order by m.key collate "C" desc
-- broken: order by i.at => order by i.at desc
-- broken: m.key in ('description', 'title') => m.key in ('description')
-- broken: not (p_plain and => not (true and
-- broken: and jsonb_typeof(m.value) = 'string' =>

-- case: keys stand in the order of their bytes, and nothing stands between
select expect.equal(pgflow.canonical('{"b": [1, 2.50, null, true, "x\"y"], "a": {}, "Z": [], "ab": {"d": 1, "c": 2}, "é": 1}', false),
                    '{"Z":[],"a":{},"ab":{"c":2,"d":1},"b":[1,2.50,null,true,"x\"y"],"é":1}', 'the text');
select expect.equal(pgflow.canonical('[[2, {"b": 1, "a": 2}], 1]', false), '[[2,{"a":2,"b":1}],1]', 'a list');
select expect.equal(pgflow.canonical('7', true), '7', 'a number');

-- case: descriptions of schemas are left out, and not what happens to be called so
select expect.equal(
    pgflow.canonical('{"title": "T", "description": "d", "properties": {"title": {"type": "string", "title": "T"}, "description": true}}', true),
    '{"properties":{"description":true,"title":{"type":"string"}}}', 'without them');
select expect.equal(pgflow.canonical('{"title": "T", "description": "d"}', false), '{"description":"d","title":"T"}', 'with them');
