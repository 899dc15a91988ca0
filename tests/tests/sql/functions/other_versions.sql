-- broken: l.version <> p_version => true
-- broken: o.place <= 20 => o.place <= 21
-- broken: or o.live_runs > 0 => 
-- broken: order by o.version => order by o.version desc
-- broken: if not exists => if false and not exists

-- case: the others of the same workflow, the oldest first
select stage.define();
select stage.define(p_hash => 'b'), stage.define(stage.definition('another'));
select stage.define(p_hash => 'c');
select expect.rows('select v.version - (select min(id) from pgflow.version), v.definition = stage.definition()
                    from pgflow.other_versions(pgflow.version_id(''flow'', repeat(''b'', 64))) v', '[[0, true], [3, true]]');

-- case: the only version has no others, and an unknown one neither
select stage.define();
select expect.rows('select * from pgflow.other_versions(stage.version())', '[]');
select expect.rows('select * from pgflow.other_versions(0)', '[]', 'of an unknown one');
select expect.rows('select * from pgflow.other_versions(null)', '[]', 'of none');

-- case: the last twenty of the others, and beyond them those with runs that have not ended
select pgflow.register(stage.definition(), lpad(n::text, 64, '0'), '{1,2,3,4,5}') from generate_series(1, 24) n;
select stage.name('live', (pgflow.start_runs(0, (select min(id) + 1 from pgflow.version), '{1}', null, true, 'default', 0, '', null, null,
                                             null, null))[1]);
select expect.equal(array(select o.version - (select min(id) from pgflow.version) from pgflow.other_versions(stage.version()) o),
                    array[1] || array(select n from generate_series(3, 22) n), 'those from 3 on, and 1');
