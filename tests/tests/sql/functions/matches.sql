-- broken: return p_text ~ p_pattern => return p_text ~ ('^(' || p_pattern || ')$')
-- broken: exception when invalid_regular_expression => exception when division_by_zero
-- broken: \(\?[^:]| => 

-- case: anywhere in the text, as patterns of JSON Schema do
select expect.equal(pgflow.matches(t, p), m, format('%s in %s', p, t))
from (values
    ('abc', 'b', true), ('abc', '^b', false), ('abc', '^a.c$', true), ('a1', '^[a-z]\d$', true), ('ab', '^(?:a|b)+$', true), ('', '^$', true)
) a(t, p, m);

-- case: nobody knows where Postgres may read it otherwise, or cannot read it
select expect.equal(pgflow.matches('abc', p), null, p)
from (values ('\w'), ('(?=a)'), ('(?<name>a)'), ('[[a]]'), ('a++'), ('*a'), ('a{2'), ('(a')) a(p);
