-- broken: 256 - cardinality(o_runs) => 999
-- broken: order by -c.priority, c.seq => order by c.seq
-- broken: and c.queue = v_queue and c.version_id = v.id and c.due and c.namespace = '' => and c.version_id = v.id and c.due and c.namespace = ''
-- broken: filter (where not fresh) => filter (where fresh)
-- broken: (-c.priority, c.seq) >= (-v.priority, v.seq) => (-c.priority, c.seq) > (-v.priority, v.seq)
-- broken: and -c.priority < -v.priority => and false
-- broken: greatest(v_room / cardinality(v_spaces), 1) => v_room
-- broken: v_part := v_room - cardinality(v_claimed.o_runs) => v_part := 0
-- broken: o_after[v_at] := => v_spaces[99] :=
-- broken: if cardinality(o_runs) > 0 then => if true then
-- broken: distinct on (version_id) version_id, rank, seq from gone order by version_id, rank desc, seq desc => distinct on (version_id) version_id, rank, seq from gone order by version_id, rank, seq

-- case: higher priorities first, then in the order of arrival; at most as many as wanted, of these queues and versions, that are due
set local search_path = pgflow, pg_temp;
select stage.define(), stage.define(stage.definition('other')), stage.define(stage.definition('unwanted'));
select stage.worker();
select stage.start('a'), stage.start('b', p_priority => -1), stage.start('c', p_workflow => 'other', p_priority => 5), stage.start('d'),
       stage.start('elsewhere', p_queue => 'q', p_priority => 9), stage.start('later', p_at => pgflow.now() + interval '1 h', p_priority => 9),
       stage.start('unwanted', p_workflow => 'unwanted', p_priority => 9), stage.start('paused', p_priority => 9), stage.start('begun',
              p_priority => 3);
select stage.park('begun', '0'), pgflow.pause_run(stage.run('paused'));
update pgflow.ready set due = true where run_id = stage.run('begun');
select stage.look();
select expect.rows($$select o_runs, o_known, o_queues, o_priorities, o_after from pgflow.claim_runs(0, stage.w(), 3, '{default}', '{3}', null,
                     array[stage.version(), stage.version('other')], null, null)$$,
                   '[[["c", "begun", "a"], ["begun"], [1, 1], [0, 5], [null]]]');
select expect.touched('ready a', 'ready c', 'ready begun', 'claim');
select expect.rows('select number, worker_id = stage.w(), runs, claimed_at = pgflow.now() from pgflow.claim',
       '[[3, true, ["c", "begun", "a"], true]]');
select expect.sound();

-- case: nothing that is wanted: no claim
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.worker();
select stage.look();
select expect.rows($$select o_runs, o_known, o_queues, o_after from pgflow.claim_runs(0, stage.w(), 3, '{default}', '{0}', '{s}',
       array[stage.version()],
                     null, null)$$, '[[[], [], null, ["s"]]]', 'no room');
select expect.rows($$select o_runs from pgflow.claim_runs(0, stage.w(), 3, '{q}', '{5}', null, array[stage.version()], null, null)$$, '[[[]]]',
       'an empty queue');
select expect.rows($$select o_runs from pgflow.claim_runs(0, stage.w(), 3, '{default}', '{5}', null, '{}', null, null)$$, '[[[]]]', 'no versions');
select expect.rows($$select o_runs from pgflow.claim_runs(1, stage.w(), 3, '{default}', '{5}', null, array[stage.version()], null, null)$$, '[[[]]]',
       'another bucket');
select expect.touched();

-- case: of each queue its part, and 256 in all
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start('p' || n, p_queue => 'p'), stage.start('q' || n, p_queue => 'q') from generate_series(1, 200) n;
select expect.rows($$select cardinality(o_runs), o_runs[200:201], o_queues from pgflow.claim_runs(0, stage.w(), 3, '{p,q,none}', '{200,200,9}', null,
                     array[stage.version()], null, null)$$, '[[256, ["p200", "q1"], [1, 2]]]');

-- case: from a low-water mark on, and whatever has a higher priority
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start('passed'), stage.start('at'), stage.start('next'), stage.start('higher', p_priority => 2), stage.start('lower', p_priority => -1);
select expect.rows($$select o_runs, o_priorities, o_seqs[1] = (select seq from pgflow.ready where run_id = stage.run('lower')) from pgflow.claim_runs(
                     0, stage.w(), 3, '{default}', '{9}', null, array[stage.version()], '{0}',
                     array[(select seq from pgflow.ready where run_id = stage.run('at'))])$$, '[[["higher", "at", "next", "lower"], [-1], true]]');
select expect.rows('select run_id from pgflow.ready', '[["passed"]]');

-- case: namespaces take turns with each other, and with what has none
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start('a' || n, p_namespace => 'a'), stage.start('b' || n, p_namespace => 'b'), stage.start('p' || n) from generate_series(1, 9) n;
select expect.rows($$select o_runs, o_after from pgflow.claim_runs(0, stage.w(), 3, '{default}', '{6}', '{a}', array[stage.version()], null, null)$$,
                   '[[["p1", "p2", "a1", "b1", "a2", "b2"], ["a"]]]', 'an even part of each');
select expect.rows($$select o_runs, o_after from pgflow.claim_runs(0, stage.w(), 4, '{default}', '{1}', '{a}', array[stage.version()], null, null)$$,
                   '[[["b3"], ["b"]]]', 'whose turn it is');
select expect.rows($$select o_runs, o_after from pgflow.claim_runs(0, stage.w(), 5, '{default}', '{1}', '{b}', array[stage.version()], null, null)$$,
                   '[[["p3"], [""]]]', 'what has none is next');
select expect.rows($$select o_runs, o_after from pgflow.claim_runs(0, stage.w(), 6, '{default}', '{1}', '{""}', array[stage.version()], null, null)$$,
                   '[[["a3"], ["a"]]]', 'and round again');

-- case: what namespaces leave over goes to what has none
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.worker();
select stage.start('a', p_namespace => 'a');
select stage.start('p' || n) from generate_series(1, 9) n;
select expect.rows($$select o_runs from pgflow.claim_runs(0, stage.w(), 3, '{default}', '{6}', null, array[stage.version()], null, null)$$,
                   '[[["p1", "p2", "p3", "a", "p4", "p5"]]]');
select expect.sound();
