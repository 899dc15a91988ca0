-- broken: partition by l.version_id => partition by 1
-- broken: filter (where p.paused) => 
-- broken: filter (where p.waiting) => 
-- broken: c.first[:p_examples] => c.first
-- broken: p.place <= greatest => p.place > greatest
-- broken: order by w.name, v.id; => order by w.name desc, v.id;

-- case: by workflow and age, with how many runs there are and what they wait for, the oldest first
select stage.define();
select stage.start('first');
select stage.later('1 s');
select stage.start('owned');
select stage.later('1 s');
select stage.start('paused');
select stage.later('1 s');
select stage.start('waiting', p_at => pgflow.now() + interval '1 day'), stage.start('ended');
update pgflow.ready set paused = true, due = false where run_id = stage.run('paused');
select stage.define(p_hash => 'b');
select stage.start('of b');
select stage.define(p_hash => 'c');
select stage.define(stage.definition('another'));
select stage.start('of another', 'another');
select stage.worker();
select stage.own('w', 'owned', 'ended');
select stage.end('ended', 'c');
select stage.look();
select expect.rows($$select v.workflow, left(v.hash, 1), v.live_runs, v.paused, v.waiting, pgflow.now() - v.oldest, v.definition ->> 'name'
                   from pgflow.live_versions() v$$,
                   '[["another", "a", 1, 0, 0, "00:00:00", "another"], ["flow", "a", 4, 1, 1, "00:00:03", "flow"], ["flow", "b", 1, 0, 0, "00:00:00", "flow"]]');
select expect.equal((select v.examples from pgflow.live_versions() v where v.live_runs = 4), stage.runs('first', 'owned', 'paused', 'waiting'), 'all');
select expect.equal((select v.examples from pgflow.live_versions(2) v where v.live_runs = 4), stage.runs('first', 'owned'), 'the two oldest');
select expect.equal((select v.examples from pgflow.live_versions(2) v where left(v.hash, 1) = 'b'), stage.runs('of b'), 'of each version');
select expect.equal((select v.examples from pgflow.live_versions(0) v where v.live_runs = 4), '{}'::uuid[], 'none, where none is asked for');
select expect.touched();

-- case: none
select stage.define();
select expect.rows('select * from pgflow.live_versions()', '[]');
