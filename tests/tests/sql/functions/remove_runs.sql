-- broken: p_before is null or e.ended_at < p_before => p_before is null or e.ended_at <= p_before
-- broken: k.bucket = p_bucket and k.run_id = any(v_runs) => false
-- broken: l.bucket = p_bucket and l.run_id = any(v_runs) => false
-- broken: select distinct u.id => select u.id
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
