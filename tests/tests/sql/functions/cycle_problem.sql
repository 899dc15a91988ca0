-- broken: v_mark[v_step] = 1 then => false then
-- broken: v_mark[v_step] := 2; => v_mark[v_step] := 1;
-- broken: order by p.at) => order by p.at desc)
-- broken: order by e.at, e.place) => order by e.at desc, e.place)

-- case: the first cycle is told, with its way
create function pg_temp.problem(variadic p_steps text[]) returns text
language sql as $$
    select pgflow.cycle_problem('w', jsonb_agg(jsonb_build_object('name', split_part(s, '<', 1), 'depends_on', array_remove(string_to_array(split_part(s, '<', 2), ' '), ''))))
    from unnest(p_steps) s
$$;
select expect.equal(pg_temp.problem('a', 'b<a', 'c<a b', 'd<b c a'), null, 'none');
select expect.equal(pg_temp.problem('a<b', 'b<a'), 'workflow `w` has a dependency cycle (`a` needs `b`, which needs `a`; remove one of them)', 'two');
select expect.equal(pg_temp.problem('x<y', 'y', 'a<x c', 'b<a', 'c<y b', 'd<e', 'e<d'),
                    'workflow `w` has a dependency cycle (`a` needs `c`, which needs `b`, which needs `a`; remove one of them)', 'three');
select expect.equal(pg_temp.problem('z<a', 'a', 'b<z c', 'c<a b'), 'workflow `w` has a dependency cycle (`b` needs `c`, which needs `b`; remove one of them)', 'not what leads to it');
