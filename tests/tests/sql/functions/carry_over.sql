-- broken: perform pgflow.require_read_committed(); => null;
-- broken: x.id = w.id and x.version_id = p_from => x.id = w.id
-- broken: and not t.id = any(v_tasks)) => and false)
-- broken: coalesce(g.outputs, 0) = coalesce(g.known, 0) => true
-- broken: and coalesce(g.outputs, 0) = ( => and 0 <> (
-- broken: where g.run_id = any(v_carried) and g.step = any(p_steps) => where g.step = any(p_steps)
-- broken: where g.run_id = any(v_carried) and g.step = any(p_steps) => where g.run_id = any(v_carried)
-- broken: update run r set version_id = p_to => update run r set version_id = p_from
-- broken: update ready r set version_id = p_to, => update ready r set
-- broken: else v_now end, seq = default => else v_now end
-- broken: order by q.seq => order by q.seq desc
-- broken: q.due or q.tasks and not q.paused as due => q.due as due
-- broken: when r.due = o.due then r.available_at => when true then r.available_at
-- broken: delete from task t where => delete from task t where false and
-- broken: delete from share s where => delete from share s where false and
-- broken: jsonb_build_object('from', p_from, 'to', p_to) => '{}'
-- broken: select distinct u.run_id, u.step, u.index => select u.run_id, u.step, u.index

-- case: the outputs are replaced, and the run is one of the other version, at the end of the queue
select stage.define();
select stage.start('a'), stage.start('b', p_at => pgflow.now() + interval '1 s'), stage.start('c'), stage.start('bystander'), stage.start('a first', p_priority => 3);
select stage.define(p_hash => 'b');
select stage.start('new');
create function pg_temp.carry(p_runs text[], p_of text[] default '{}', p_steps int[] default '{}', p_indexes int[] default '{}',
                              p_outputs jsonb[] default '{}', p_from int default null) returns text[]
language sql as $$
    select array(
        select stage.readable(c::text)
        from pgflow.carry_over(0, 7, coalesce(p_from, (select min(v.id) from pgflow.version v)), stage.version(), '{1,2}', stage.runs(variadic p_runs),
                               stage.runs(variadic p_of), p_steps, p_indexes, p_outputs) c
        order by 1)
$$;
select stage.outcome(n, 0, '[1, 2]'), stage.outcome(n, 1, '10', 0), stage.outcome(n, 1, null, 1, 's', 'no'), stage.outcome(n, 2, '2')
from unnest('{a,bystander}'::text[]) n;
select stage.look();
select expect.equal(pg_temp.carry('{c,a,b,gone,a first}', '{a,bystander,a,a}', '{1,1,0,2}', '{0,0,-1,-1}', '{100,100,100,"\"two\""}'),
                    '{a,"a first",b,c}', 'which were carried over');
select expect.touched('run a', 'run b', 'run c', 'run a first', 'ready a', 'ready b', 'ready c', 'ready a first', 'outcome a', 'action a', 'action b',
                      'action c', 'action a first');
select expect.rows($$select step, index, kind, output from pgflow.outcome where run_id = stage.run('a') order by 1, 2$$,
                   '[[0, -1, "c", [1, 2]], [1, 0, "c", 100], [1, 1, "s", null], [2, -1, "c", "two"]]', 'the outputs');
select expect.rows('select distinct version_id = stage.version() from pgflow.run where id <> stage.run(''bystander'')', '[[true]]', 'the version');
select expect.rows($$select run_id, version_id = stage.version(), due, available_at - pgflow.now() from pgflow.ready order by seq$$,
    '[["bystander", false, true, "00:00:00"], ["new", true, true, "00:00:00"], ["a", true, true, "00:00:00"], ["b", true, false, "00:00:01"],
      ["c", true, true, "00:00:00"], ["a first", true, true, "00:00:00"]]', 'the queue, in which they stand in their order');
select expect.rows($$select kind, actor, reason, detail = jsonb_build_object('from', (select min(v.id) from pgflow.version v), 'to', stage.version())
                     from pgflow.action where run_id = stage.run('a')$$, '[["carry", "worker 7", null, true]]');
select expect.equal(pg_temp.carry('{a,b}', '{a,a}', '{1,2}', '{0,-1}', '{1,2}'), '{}', 'those that are of another version by now');
select expect.equal(pg_temp.carry('{}'), '{}', 'none');
select expect.touched();
select expect.sound();

-- case: what has other outputs by now is left as it is
select stage.runs_of_flow('more', 'less', 'other', 'twice', 'skipped');
select stage.define(p_hash => 'b');
create function pg_temp.carry(p_run text, p_steps int[], p_indexes int[]) returns bigint
language sql as $$
    select count(*) from pgflow.carry_over(0, 7, (select min(v.id) from pgflow.version v), stage.version(), '{1,2}', stage.runs(p_run),
        array_fill(stage.run(p_run), array[cardinality(p_steps)]), p_steps, p_indexes, array_fill('0'::jsonb, array[cardinality(p_steps)]))
$$;
select stage.outcome('more', 1, '10', 0), stage.outcome('more', 1, '11', 1), stage.outcome('less', 1, '10', 0), stage.outcome('other', 1, '10', 0),
       stage.outcome('twice', 1, '10', 0), stage.outcome('twice', 1, '11', 1), stage.outcome('skipped', 1, null, 0, 's', 'no'), stage.outcome('skipped', 1, '1', 1);
select stage.look();
select expect.equal(pg_temp.carry('more', '{1}', '{0}'), 0, 'one more');
select expect.equal(pg_temp.carry('less', '{1,1}', '{0,1}'), 0, 'one less');
select expect.equal(pg_temp.carry('less', '{}', '{}'), 0, 'one that was not known of');
select expect.equal(pg_temp.carry('other', '{1}', '{5}'), 0, 'another one');
select expect.equal(pg_temp.carry('twice', '{1,1}', '{0,0}'), 0, 'one of them twice');
select expect.equal(pg_temp.carry('skipped', '{1}', '{0}'), 0, 'one that is no output');
select expect.touched();

-- case: what somebody has is left as it is: the run, or work of it; and what has ended
select stage.runs_of_flow('owned', 'worked at', 'ended');
select stage.worker();
select stage.own('w', 'owned'), stage.end('ended', 'f'), stage.task('worked at', 1, 0, p_worker => 'w'), stage.task('worked at', 1, 1);
select stage.define(p_hash => 'b');
select stage.look();
select expect.rows($$select * from pgflow.carry_over(0, 7, (select min(v.id) from pgflow.version v), stage.version(), '{1}',
                     stage.runs('owned', 'worked at', 'ended'), '{}', '{}', '{}', '{}')$$, '[]');
select expect.touched();

-- case: work that nobody has taken is taken back, and the run is due
select stage.runs_of_flow('waits', 'due', 'other');
select stage.worker();
select stage.task(n, 1, 0), stage.task(n, 1, 1, p_due => false, p_available => '1 h', p_attempts => 1), stage.task(n, 2), stage.outcome(n, 1, '1', 2),
       stage.attempt(n, 1, 1, 1), stage.map(n, 1, 3), stage.mark(n, 1, 0) from unnest('{waits,due,other}'::text[]) n;
select stage.park('waits'), stage.park('other');
select stage.define(p_hash => 'b');
select stage.look();
select expect.rows($$select * from pgflow.carry_over(0, 7, (select min(v.id) from pgflow.version v), stage.version(), '{1}', stage.runs('waits', 'due'),
                     stage.runs('waits', 'due'), '{1,1}', '{2,2}', '{5,6}') c order by stage.readable(c::text)$$, '[["due"], ["waits"]]');
select expect.touched('task waits', 'share waits', 'run waits', 'ready waits', 'outcome waits', 'action waits',
                      'task due', 'share due', 'run due', 'ready due', 'outcome due', 'action due');
select expect.rows('select run_id, due, available_at = pgflow.now(), fresh from pgflow.ready where due order by seq', '[["due", true, true, true], ["waits", true, true, false]]');
select expect.rows('select distinct run_id from pgflow.task union select run_id from pgflow.share', '[["other"]]', 'the work');
select expect.sound();

-- case: another isolation is refused
-- isolation: repeatable read
select expect.throws($$select * from pgflow.carry_over(0, 7, 1, 2, '{}', '{}', '{}', '{}', '{}', '{}')$$, '0A000', 'pgflow works in READ COMMITTED%');
