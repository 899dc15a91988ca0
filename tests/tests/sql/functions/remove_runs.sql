-- broken: p_before is null or e.ended_at < p_before => p_before is null or e.ended_at <= p_before
-- broken: k.bucket = p_bucket and k.run_id = any(v_runs) => false
-- broken: l.bucket = p_bucket and l.run_id = any(v_runs) => false
-- broken: or not w.id = any(p_runs) => or false
-- broken: or not w.id = any(p_runs) => or true
-- broken: where o.root = f.root and not o.id = any(v_runs) => where not o.id = any(v_runs)
-- broken: where o.root = f.root and not o.id = any(v_runs) => where false
-- broken: and exists (select from run r where r.bucket = p_bucket and r.period = period_of_run(o.id) and r.id = o.id) => and true
-- broken: where r.bucket = p_bucket and r.period = period_of_run(f.root) and r.id = f.root => where false
-- broken: v_runs || array(select f.id from unnest(v_families.runs) f(id) where not f.id = any(p_runs)) => v_runs
-- broken: array_remove(history_tables(), 'run') => array_remove(array_remove(history_tables(), 'run'), 'note')
-- broken: delete from mark k where k.bucket = p_bucket and k.run_id = any(v_runs) => delete from mark k where false
-- broken: delete from inbox i where i.bucket = p_bucket and i.run_id = any(v_runs) => delete from inbox i where false
-- broken: delete from inbox i where i.bucket = p_bucket and i.run_id = any(v_runs) => delete from inbox i where true
-- broken: return cardinality(v_runs) => return cardinality(p_runs)

-- case: all that is kept of runs that have ended before the time, and of no others
select stage.define();
select stage.start(n, p_key => n) from unnest('{old,young,live,bystander}'::text[]) n;
insert into pgflow.latest select 0, w.id, n, stage.run(n) from pgflow.workflow w, unnest('{old,young,live,bystander}'::text[]) n;
select stage.outcome(n, 0, '[1]'), stage.outcome(n, 1, '1', 0), stage.attempt(n, 1, 1, 0), stage.map(n, 1, 1), pgflow.pause_run(stage.run(n)),
       pgflow.add_notes(0, stage.runs(n), '{0}', '{-1}', '{1}', '{1}', '{x}') from unnest('{old,young,live,bystander}'::text[]) n;
select stage.end('old', 'c'), stage.end('bystander', 'c');
select stage.later('1 h');
select stage.end('young', 'f');
select stage.look();
select expect.equal(pgflow.remove_runs(0, stage.runs('old', 'young', 'live', 'gone', 'old'), pgflow.now()), 1, 'how many went');
select expect.touched('run old', 'run_end old', 'outcome old', 'attempt old', 'map old', 'action old', 'note old', 'key', 'latest');
select expect.rows('select key from pgflow.key order by 1', '[["bystander"], ["live"], ["young"]]', 'keys');
select expect.rows('select key from pgflow.latest order by 1', '[["bystander"], ["live"], ["young"]]', 'the latest of keys');
select expect.rows('select stage.readable(id::text) from pgflow.run order by 1', '[["bystander"], ["live"], ["young"]]', 'runs');
select expect.equal(pgflow.remove_runs(0, stage.runs('young', 'live'), null), 1, 'whenever it ended');
select expect.touched('run young', 'run_end young', 'outcome young', 'attempt young', 'map young', 'action young', 'note young', 'key', 'latest');
select expect.equal(pgflow.remove_runs(0, '{}', null), 0, 'none');
select expect.equal(pgflow.remove_runs(1, stage.runs('bystander'), null), 0, 'in another bucket');
select expect.touched();
select expect.sound();

-- case: marks and messages go with their run, also where several are left
select stage.runs_of_flow('a', 'live');
select stage.end('a', 'c');
select stage.mark(n, 1, 0), stage.mark(n, 1, 1), stage.message(n, 'x'), stage.message(n, 's', 1) from unnest('{a,live}'::text[]) n;
select stage.look();
select expect.equal(pgflow.remove_runs(0, stage.runs('a', 'live'), null), 1, 'how many went');
select expect.touched('run a', 'run_end a', 'mark a', 'inbox a');

-- case: all that is kept of a run in the default partitions, and in those of its month
select stage.runs_of_flow('a');
select stage.outcome('a', 0, '[1]'), stage.end('a', 'c');
select pgflow.ensure_partitions('2030-02-01 00:00Z', 1);
set local pgflow.fake_now = '2030-02-01 00:00Z';
select stage.start('b'), stage.outcome('b', 0, '[1]'), stage.end('b', 'c');
select expect.rows('select id, tableoid::regclass::text from pgflow.run order by id', '[["a", "pgflow.run_default"], ["b", "pgflow.run_2030_02"]]');
select expect.equal(pgflow.remove_runs(0, stage.runs('a', 'b'), null), 2, 'how many went');
select expect.rows('select run_id from pgflow.outcome union all select id from pgflow.run', '[]', 'what is left');

-- case: with all that descend from it, whenever those have ended
select stage.runs_of_flow('a', 'other');
select stage.child('a', 'b', 0), stage.child('b', 'c', 0), stage.child('a', 'd', 1, 0), stage.child('other', 'e', 0);
select stage.end('a', 'c');
select stage.later('1 h');
select stage.end(n, 'c') from unnest('{b,c,d,other,e}'::text[]) n;
select stage.look();
select expect.equal(pgflow.remove_runs(0, stage.runs('a', 'other'), pgflow.now()), 4, 'how many went');
select expect.touched('run a', 'run b', 'run c', 'run d', 'run_end a', 'run_end b', 'run_end c', 'run_end d', 'child a', 'child b');

-- case: none of a family goes while its root is there, or one of it has not ended; others go
select stage.runs_of_flow('a', 'other');
select stage.child('a', 'b', 0), stage.child('b', 'c', 0);
select stage.end('b', 'c'), stage.end('c', 'c'), stage.end('other', 'c');
select stage.look();
select expect.equal(pgflow.remove_runs(0, stage.runs('a', 'b', 'c'), null), 0, 'the root has not ended');
select stage.end('a', 'c');
select stage.look();
select expect.equal(pgflow.remove_runs(0, stage.runs('b', 'c'), null), 0, 'parents are there');
delete from pgflow.run_end where run_id = stage.run('c');
select stage.look();
select expect.equal(pgflow.remove_runs(0, stage.runs('a', 'other'), null), 1, 'a descendant has not ended');
select expect.touched('run other', 'run_end other');

-- case: one that is gone already keeps nothing from going; without its parent, a run is the root of its family
select stage.runs_of_flow('a');
select stage.child('a', 'b', 0), stage.child('b', 'c', 0), stage.child('b', 'd', 1);
select stage.end(n, 'c') from unnest('{b,c}'::text[]) n;
delete from pgflow.ready where run_id = stage.run('d');
delete from pgflow.run where id in (stage.run('a'), stage.run('d'));
select expect.equal(pgflow.remove_runs(0, stage.runs('b'), null), 2, 'how many went');
