-- broken: substr(p_reference, 3) => substr(p_reference, 4)
-- broken: '~1', '/') => '~1', '.')
-- broken: '~0', '~') => '~0', '-')
-- broken: order by s.at) => order by s.at desc)
-- broken: '' order by at) => '' order by at desc)

-- case: the parts of a reference
select expect.equal(pgflow.pointer('#/$defs/node'), '{$defs,node}'::text[], 'two parts'), expect.equal(pgflow.pointer('#'), '{}'::text[], 'the document'),
       expect.equal(pgflow.pointer('#/a~1b/c~0d/~01'), array['a/b', 'c~d', '~1'], 'what is written with a tilde'),
       expect.equal(pgflow.pointer('#/two%20words/%C3%A4%25/100%'), array['two words', 'ä%', '100%'], 'what is written with a percent sign');
