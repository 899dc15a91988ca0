-- broken: if v_problem is not null then => if false then
-- broken: s.name !~ v_word or octet_length(s.name) > 128 or s.name = any(v_reserved) => s.name = any(v_reserved)
-- broken: f.number < s.number => false
-- broken: o.at < e.at and => false and
-- broken: or e.to_number is null => or false
-- broken: when not f.may_miss then => when false then
-- broken: not coalesce(s.step #> '{skip,with}' ? f.name, false) => true
-- broken: where f.gaps => where false
-- broken: and s.step ->> 'handler' <> s.name =>
-- broken: s.map ? 'count' and s.map ?| => s.map ?|
-- broken: k.name <> 'input' and not exists => not exists
-- broken: not between 1 and 32767 => not between 0 and 32767
-- broken: order by s.number, s.at) => order by s.number desc, s.at)
-- broken: if cardinality(v_problems) = 0 then => if false then
-- broken: numeric > 3600000 => numeric > 3600001
-- broken: numeric > 31536000000 => numeric > 31536000001

-- case: what keeps all rules
select expect.equal(pgflow.definition_problems(d), '{}', d::text)
from unnest(array[
    '{"name": "w", "steps": [{"name": "a"}]}',
    '{"name": "w", "deadline_ms": 3153600000000, "steps": [{"name": "a", "options": {"max_attempts": 32767, "backoff_ms": 3600000, "timeout_ms": 2592000000, "delay_ms": 31536000000}},
      {"name": "b", "depends_on": ["a"], "when": {"input": 1, "a": 2}}, {"name": "c", "depends_on": ["b"], "skip": {"with": ["b"]}, "map": {"step": "b"}}]}'
]::jsonb[]) d;

-- case: all that is wrong is told, step by step
create function pg_temp.problems(p_steps jsonb, p_name text default 'w') returns text
language sql as $$ select array_to_string(pgflow.definition_problems(jsonb_build_object('name', p_name, 'steps', p_steps)), '; ') $$;
select expect.equal(pg_temp.problems('[]'), 'workflow `w` has no steps', 'nothing');
select expect.equal(pg_temp.problems('[{"name": "a"}]', 'no word'), '`no word` cannot be the name of a workflow', 'a name');
select expect.equal(pg_temp.problems(jsonb_build_array(jsonb_build_object('name', repeat('x', 129)))), format('the name of step `%s` is too long', repeat('x', 129)), 'a long name');
select expect.equal(pg_temp.problems('[{"name": "a"}, {"name": "a"}, {"name": ""}, {"name": "input"}, {"name": "a b"}]'),
    'workflow `w` has two steps named `a`; workflow `w` has a step without a name; a step cannot be named `input`; `a b` cannot be the name of a step', 'names');
select expect.equal(pg_temp.problems('[{"name": "a", "depends_on": ["b", "b", "a", "c"]}, {"name": "b"}]'),
    'step `a` names its dependency `b` twice; step `a` depends on itself; workflow `w` has no step `c`', 'edges');
select expect.equal(pg_temp.problems('[{"name": "a", "depends_on": ["b"]}, {"name": "b", "depends_on": ["a"]}]'),
    'workflow `w` has a dependency cycle (`a` needs `b`, which needs `a`; remove one of them)', 'a cycle');
select expect.equal(pg_temp.problems('[{"name": "a"}, {"name": "b", "depends_on": ["a"], "skip": {"with": ["a", "a", "c"]}}]'),
    'step `b` is skipped with `a`, which is never skipped; step `b` names `a` twice in `skip_with`; step `b` is skipped with `c`, but does not depend on it', 'skips');
select expect.equal(pg_temp.problems('[{"name": "a", "when": {"input": 1}}, {"name": "b", "map": {"step": "a"}}, {"name": "c", "map": {"count": 1}, "skip": {"on_exhausted": true}},
                                      {"name": "d", "map": {"step": "c"}}]'),
    'step `b` maps over `a`, which may be skipped; step `d` maps over `c`, whose items may be skipped', 'lists');
select expect.equal(pg_temp.problems('[{"name": "a", "handler": "b."}, {"name": "b", "map": {"count": 3, "path": ["x"]}}, {"name": "c", "when": {"input": 1, "a": 1}}]'),
    '`b.` cannot be the name of a handler; step `b` maps over a list, and over 3 items besides; the condition of step `c` asks for `a`, on which it does not depend', 'the rest');
select expect.equal(pg_temp.problems('[{"name": "a", "options": {"max_attempts": 0, "backoff_ms": 3600001, "max_backoff_ms": 1, "timeout_ms": 0, "delay_ms": 31536000001, "queue": ""}}]'),
    '`max_attempts` is a number from 1 to 32767, as in `max_attempts = 5`; a back-off is at most `1h`; the longest wait between attempts is shorter than the first one; ' ||
    'a time-out is longer than nothing; leave the argument out for no limit; a delay is at most `365d`; a queue has a name; leave the argument out for the queue of the run', 'options');
select expect.equal(pg_temp.problems('[{"name": "a", "options": {"backoff_ms": -1}}]'), 'a time is a number of milliseconds, from 0', 'a negative one');

-- case: what has the wrong form is told with its place
create function pg_temp.problems(p_steps jsonb, p_name text default 'w') returns text
language sql as $$ select array_to_string(pgflow.definition_problems(jsonb_build_object('name', p_name, 'steps', p_steps)), '; ') $$;
select expect.equal(pg_temp.problems('[{"name": "a"}, {"name": 7}]'), '`workflow.steps[1].name` is of type number, and string is wanted', 'a type');
select expect.equal(pg_temp.problems('[{"name": "a", "retries": 7}]'), '`workflow.steps[0].retries` is not allowed', 'another member');
select expect.equal(pgflow.definition_problems('7'), array['`workflow` is of type number, and object is wanted'], 'a number');
