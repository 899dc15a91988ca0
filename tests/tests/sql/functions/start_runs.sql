-- broken: if cardinality(p_keys) <> cardinality(v_ids) then => if cardinality(p_keys) > cardinality(v_ids) then
-- broken: if cardinality(p_keys) <> cardinality(v_ids) then => if cardinality(p_keys) < cardinality(v_ids) then
-- broken: order by k.at), '{}'), => order by k.at), null),
-- broken: on conflict do nothing => on conflict (bucket, workflow_id, key) do update set run_id = excluded.run_id
-- broken: where x.run_id is null or x.run_id = v_ids[k.at] => where true
-- broken: v_start = v_now, true => true, true
-- broken: greatest(p_start_at, v_now) => coalesce(p_start_at, v_now)
-- broken: v_start + p_deadline => v_now + p_deadline
-- broken: if p_actor is not null then => if false then
-- broken: if p_max_backlog is not null then => if false then
-- broken: if p_max_backlog is not null and v_new is not null then => if false then
-- broken: perform pgflow.require_read_committed(); => null;
-- broken: order by k.key, k.at => order by k.key, k.at desc

-- case: one run for each input, in their order, due at once
select stage.define();
select stage.look();
select stage.name(n, i) from unnest(pgflow.start_runs(0, stage.version(), '{10,20,30}', null, true, 'default', 5, 's', null, null, null, null),
                                    '{a,b,c}'::text[]) x(i, n);
select expect.touched('run a', 'run b', 'run c', 'ready a', 'ready b', 'ready c');
select expect.rows($$select r.id, r.input, r.checked, r.crashes, r.priority, r.created_at = pgflow.now(), r.deadline_at, r.queue, r.namespace,
                            r.version_id = stage.version(), r.period = pgflow.period_of_run(r.id), r.period = pgflow.period_of(pgflow.now())
                     from pgflow.run r order by (r.input)::int$$,
    '[["a", 10, true, 0, 5, true, null, "default", "s", true, true, true], ["b", 20, true, 0, 5, true, null, "default", "s", true, true, true],
      ["c", 30, true, 0, 5, true, null, "default", "s", true, true, true]]');
select expect.rows($$select q.run_id, q.priority, q.available_at = pgflow.now(), q.due, q.fresh, q.paused, q.queue, q.namespace, q.period,
                            q.version_id = stage.version() from pgflow.ready q order by q.seq$$,
    '[["a", 5, true, true, true, false, "default", "s", 21929, true], ["b", 5, true, true, true, false, "default", "s", 21929, true],
      ["c", 5, true, true, true, false, "default", "s", 21929, true]]');
select expect.sound();

-- case: no inputs, no runs
select stage.define();
select stage.look();
select expect.equal(pgflow.start_runs(0, stage.version(), '{}', null, true, 'default', 0, '', null, null, 0, 'me'), '{}', 'without keys');
select expect.equal(pgflow.start_runs(0, stage.version(), '{}', '{}', true, 'default', 0, '', null, null, 0, 'me'), '{}', 'with no keys');
select expect.touched();

-- case: a time that is to come is waited for, one that is past is now; the deadline counts from there
select stage.define();
select stage.name(t, (pgflow.start_runs(0, stage.version(), '{1}', null, false, 'default', 0, '', pgflow.now() + t::interval, '1 min', null,
                                        null))[1]) from unnest('{1 h,-1 h,0 h}'::text[]) t;
select expect.rows($$select q.run_id, q.due, q.available_at - pgflow.now(), r.deadline_at - pgflow.now(), r.checked
                     from pgflow.ready q join pgflow.run r on r.id = q.run_id order by q.seq$$,
    '[["1 h", false, "01:00:00", "01:01:00", false], ["-1 h", true, "00:00:00", "00:01:00", false],
      ["0 h", true, "00:00:00", "00:01:00", false]]');

-- case: a key that was used gives the run that has it, whatever the input; those that are new are started
select stage.define();
select stage.start('first', p_key => 'k', p_input => '5');
select stage.look();
select stage.name(n, i) from unnest(pgflow.start_runs(0, stage.version(), '{1,2,3,4}', '{new,k,NULL,NULL}', true, 'default', 0, '', null, null,
                                                      null, null), '{new,k,n1,n2}'::text[]) x(i, n) where n <> 'k';
select expect.touched('key', 'run new', 'run n1', 'run n2', 'ready new', 'ready n1', 'ready n2');
select expect.rows('select key, run_id from pgflow.key order by 1', '[["k", "first"], ["new", "new"]]', 'the keys');
select expect.rows('select id, input from pgflow.run order by input::int', '[["new", 1], ["n1", 3], ["n2", 4], ["first", 5]]', 'the runs');
select expect.equal((pgflow.start_runs(0, stage.version(), '{9}', '{k}', true, 'default', 0, '', null, null, null, 'me'))[1],
                    stage.run('first'), 'the run of the key');
select expect.touched();

-- case: a key twice in one call is one run, with the input of the first
select stage.define();
do $$
declare
    v_ids uuid[] := pgflow.start_runs(0, stage.version(), '{1,2,3}', '{k,other,k}', true, 'default', 0, '', null, null, null, null);
begin
    perform expect.equal(cardinality(v_ids), 3, 'an id for each input');
    perform expect.yes(v_ids[1] = v_ids[3] and v_ids[1] <> v_ids[2], 'the same key, the same id');
end $$;
select expect.rows('select input from pgflow.run order by input::int', '[[1], [2]]', 'the inputs');
select expect.sound();

-- case: a key is one of its workflow, whatever its version, and its run may have ended
select stage.define();
select stage.start('a', p_key => 'k');
select stage.end('a', 'c');
select stage.define(p_hash => 'b');
select stage.define(stage.definition('other'));
select expect.equal((pgflow.start_runs(0, stage.version(), '{1}', '{k}', true, 'default', 0, '', null, null, null, null))[1], stage.run('a'),
                    'of another version');
select expect.yes((pgflow.start_runs(0, stage.version('other'), '{1}', '{k}', true, 'default', 0, '', null, null, null, null))[1]
                  <> stage.run('a'), 'of another workflow');

-- case: an actor is noted, of runs that are new
select stage.define();
select stage.start('a', p_key => 'k');
select stage.name('b', (pgflow.start_runs(0, stage.version(), '{1,2}', '{k,l}', true, 'default', 0, '', null, null, null, 'me'))[2]);
select stage.name('c', (pgflow.start_runs(0, stage.version(), '{3}', null, true, 'default', 0, '', null, null, null, 'you'))[1]);
select expect.rows('select run_id, kind, actor, reason, at = pgflow.now() from pgflow.action order by number',
                   '[["b", "start", "me", null, true], ["c", "start", "you", null, true]]');

-- case: where too many would wait, none is started; a key that was used before takes no room
select stage.define();
select stage.start('a', p_key => 'k');
select stage.look();
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1,2}', null, true, 'default', 0, '', null, null, 2, null)$$, 'PF429',
                     'no run was started: 1 wait already, and 2 may');
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1,2}', '{l,m}', true, 'default', 0, '', null, null, 2, null)$$, 'PF429',
                     'no run was started: 1 wait already, and 2 may');
select expect.equal((pgflow.start_runs(0, stage.version(), '{1}', '{k}', true, 'default', 0, '', null, null, 0, null))[1], stage.run('a'),
                    'the run of the key');
select expect.touched();
select expect.equal(cardinality(pgflow.start_runs(0, stage.version(), '{1,2}', '{k,l}', true, 'default', 0, '', null, null, 2, null)), 2,
                    'there is room for one');

-- case: more or fewer keys than inputs are refused, and so are inputs and keys that are none
select stage.define();
select stage.look();
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1}', '{k,l}', true, 'default', 0, '', null, null, null, null)$$, 'PF422',
                     'no run was started: 1 inputs have 2 keys', 'Give a key for each input%');
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1,2,3}', '{k}', true, 'default', 0, '', null, null, null, null)$$, 'PF422',
                     'no run was started: 3 inputs have 1 keys');
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1}', '{}', true, 'default', 0, '', null, null, null, null)$$, 'PF422',
                     'no run was started: 1 inputs have 0 keys');
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{}', '{k}', true, 'default', 0, '', null, null, null, null)$$, 'PF422',
                     'no run was started: 0 inputs have 1 keys');
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1}', '{""}', true, 'default', 0, '', null, null, null, null)$$, '23514',
                     '%key_key_check%');
select expect.throws($$select pgflow.start_runs(0, stage.version(), array[null::jsonb], null, true, 'default', 0, '', null, null, null, null)$$,
                     '23502', '%"input"%');
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1}', null, true, 'default', -2147483648, '', null, null, null, null)$$,
                     '23514', '%ready_priority_check%');
select expect.touched();

-- case: another isolation is refused
-- isolation: repeatable read
select stage.define();
select expect.throws($$select pgflow.start_runs(0, stage.version(), '{1}', null, true, 'default', 0, '', null, null, null, null)$$, '0A000',
                     'pgflow works in READ COMMITTED%');
