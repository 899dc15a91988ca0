-- broken: c.version_id = p_version and c.due and c.namespace = '' => c.version_id = p_version and c.namespace = ''
-- broken: c.version_id = p_version and c.due and c.namespace = '' => c.due and c.namespace = ''
-- broken: c.version_id = p_version and c.due and c.namespace <> '' => c.version_id = p_version and false
-- broken: where not x.run_id = any(p_left) => where true
-- broken: limit p_limit + cardinality(p_left)) => limit p_limit)
-- broken: and t.worker_id is not null) => )
-- broken: and t.worker_id is not null) => and false)
-- broken: t.version_id = p_version and t.worker_id is null and t.due and t.namespace = '' => false
-- broken: t.version_id = p_version and t.worker_id is null and t.due and t.namespace <> '' => false
-- broken: and exists (select from ready c where => and true or exists (select from ready c where
-- broken: y.step = any(p_steps) and => true and
-- broken: and y.kind = 'c' => and true
-- broken: group by x.run_id, x.period => group by x.run_id, x.period, random()
-- broken: order by max(x.priority) desc, x.run_id => order by max(x.priority), x.run_id
-- broken: order by max(x.priority) desc, x.run_id => order by max(x.priority) desc, x.run_id desc
-- broken: and y.run_id = d.run_id => and true

-- case: what is due, with the outputs of these steps
select stage.define();
select stage.start('old'), stage.start('bare'), stage.start('elsewhere', p_queue => 'q');
select stage.later('1 s');
select stage.start('spaced', p_namespace => 's'),
       stage.start('later', p_at => pgflow.now() + interval '1 h'), stage.start('paused'), stage.start('owned'), stage.start('ended'),
       stage.start('parked');
select stage.worker();
select stage.outcome(n, 0, '[1, 2]'), stage.outcome(n, 1, '10', 0), stage.outcome(n, 1, null, 1, 's', 'no'), stage.outcome(n, 1, '12', 2),
       stage.outcome(n, 2, '2') from unnest('{old,ended,owned}'::text[]) n;
select stage.own('w', 'owned'), stage.end('ended', 'c'), pgflow.pause_run(stage.run('paused')), stage.park('parked', '1 h');
select stage.define(p_hash => 'b');
select stage.start('new');
select stage.look();
create function pg_temp.found(p_queues text[], p_steps int[] default '{1,2}', p_left text[] default '{}', p_limit int default 10) returns jsonb
language sql as $$
    select coalesce(jsonb_agg(jsonb_build_array(stage.readable(c.run_id::text), c.step, c.index, c.output)
                    order by stage.readable(c.run_id::text), c.step, c.index), '[]')
    from pgflow.runs_to_carry(0, (select min(v.id) from pgflow.version v), p_queues, p_steps, stage.runs(variadic p_left), p_limit) c
$$;
select expect.equal(pg_temp.found('{default}'), '[["bare", null, null, null], ["old", 1, 0, 10], ["old", 1, 2, 12], ["old", 2, -1, 2],
                                                  ["spaced", null, null, null]]', 'in a queue');
select expect.equal(pg_temp.found('{default,q,default}', '{0}'), '[["bare", null, null, null], ["elsewhere", null, null, null], ["old", 0, -1, [1, 2]],
                                                           ["spaced", null, null, null]]', 'in two, of which one is told twice');
select expect.equal(pg_temp.found('{default}', '{}', '{old,spaced}'), '[["bare", null, null, null]]', 'but for some');
select expect.equal(pg_temp.found('{default}', '{}', '{old}', 1), '[["bare", null, null, null]]', 'one, behind one that is left');
select expect.equal(pg_temp.found('{default}', '{1}', '{bare}', 1), '[["old", 1, 0, 10], ["old", 1, 2, 12]]', 'one, with all its outputs');
select expect.equal(pg_temp.found('{none}'), '[]', 'another queue');
select expect.equal((select count(*) from pgflow.runs_to_carry(1, stage.version(), '{default}', '{1}', '{}', 10)), 0, 'another bucket');
select expect.touched();

-- case: what waits for work that nobody has taken, and no run of which somebody has work
select stage.define();
select stage.worker();
select stage.start('waits'), stage.start('spaced', p_namespace => 's'), stage.start('worked at'), stage.start('owned'), stage.start('due'),
       stage.start('retries'), stage.start('elsewhere');
select stage.task(n, 1, 0), stage.task(n, 1, 1) from unnest('{waits,spaced,worked at,owned,due}'::text[]) n;
select stage.task('worked at', 1, 2, p_worker => 'w'), stage.task('retries', 1, 0, p_due => false, p_available => '1 h'),
       stage.task('elsewhere', 1, 0, p_queue => 'gpu');
select stage.park(n) from unnest('{waits,spaced,retries,elsewhere}'::text[]) n;
select stage.own('w', 'owned');
select expect.rows($$select distinct stage.readable(run_id::text) from pgflow.runs_to_carry(0, stage.version(), '{default}', '{}', '{}', 10) order by 1$$,
                   '[["due"], ["spaced"], ["waits"]]');
select expect.rows($$select distinct stage.readable(run_id::text) from pgflow.runs_to_carry(0, stage.version(), '{gpu}', '{}', '{}', 10) order by 1$$,
                   '[["elsewhere"]]', 'of another queue');

-- case: higher priorities first, then what was started first, wherever it stands
select stage.define();
select stage.start('second'), stage.later('1 s');
select stage.start('third', p_namespace => 's'), stage.later('1 s');
select stage.start('first', p_priority => 3), stage.task('second', 1, 0), stage.task('second', 1, 1);
select expect.rows($$select run_id from pgflow.runs_to_carry(0, stage.version(), '{default}', '{}', '{}', 2)$$, '[["first"], ["second"]]', 'two');
select expect.rows($$select run_id from pgflow.runs_to_carry(0, stage.version(), '{default}', '{}', '{}', 3)$$,
                   '[["first"], ["second"], ["third"]]', 'three');
