-- broken: order by q.available_at, w.id => order by q.available_at desc, w.id
-- broken: order by q.available_at, w.id => order by q.available_at, w.id desc
-- broken: 'synchronous_commit', 'off' => 'synchronous_commit', 'on'
-- broken: and not due and available_at <= v_now => and not due
-- broken: and not due and not paused and available_at <= v_now => and not due and available_at <= v_now
-- broken: set due = true, seq = default => set due = true
-- broken: set due = true where => set due = due where
-- broken: order by available_at limit p_limit => order by available_at desc limit p_limit
-- broken: greatest(ceil(extract(epoch from v_next - v_now) * 1000), 0) => 0

-- case: what is due comes in, runs at the end of the queue; what is paused, or not due yet, stays
set local synchronous_commit = on;
select stage.runs_of_flow('a', 'b', 'ever', 'paused', 'tasks', 'queued');
select stage.start('fresh', p_at => pgflow.now() + interval '500 ms');
select stage.park('a', '1 s'), stage.park('b', '3 s'), stage.park('ever'), stage.park('paused', '1 s'), pgflow.pause_run(stage.run('paused')),
       stage.task('tasks', 1, 0, p_due => false, p_available => '1 s'), stage.task('tasks', 1, 1, p_due => false, p_available => '5 s');
select stage.start('after');
select stage.look();
select expect.equal(pgflow.promote(0, 10), 500, 'milliseconds until the next one');
select expect.touched();
select expect.equal(current_setting('synchronous_commit'), 'off', 'nothing is promised');
select stage.later('1 s');
select expect.equal(pgflow.promote(0, 10), 2000, 'milliseconds until the next one, then');
select expect.touched('ready a', 'ready fresh', 'task tasks');
select expect.yes((select seq from pgflow.ready where run_id = stage.run('after')) < all (select seq from pgflow.ready where run_id in (stage.run('a'), stage.run('fresh'))),
                  'they stand at the end of the queue');
select expect.rows('select fresh, count(*) from pgflow.ready where due group by 1 order by 1', '[[false, 1], [true, 4]]', 'who is due');
select expect.rows('select first, due from pgflow.task order by first', '[[0, true], [1, false]]');
select expect.rows('select run_id from pgflow.ready where paused', '[["paused"]]');

-- case: at most so many, what has waited for longest first; then more is due at once
select stage.runs_of_flow('a', 'b', 'tasks');
select stage.park('a', '2 s'), stage.park('b', '1 s'), stage.task('tasks', 1, 0, p_due => false, p_available => '2 s'), stage.task('tasks', 1, 1,
       p_due => false, p_available => '1 s');
select stage.later('1 min');
select stage.look();
select expect.equal(pgflow.promote(0, 1), 0, 'more is due');
select expect.touched('ready b', 'task tasks');
select expect.rows('select first from pgflow.task where due', '[[1]]');
select expect.equal(pgflow.promote(0, 1), null, 'nothing waits for a time');
select expect.equal(pgflow.promote(1, 1), null, 'in another bucket');

-- case: runs that come in together join the queue in the order of their times, then of their ids
select stage.runs_of_flow('r1', 'r2', 'r3', 'r4', 'r5');
update pgflow.ready q set due = false, available_at = pgflow.now() + case q.run_id when stage.run('r1') then interval '3 s' when stage.run('r2') then '1 s'
    when stage.run('r3') then '2 s' when stage.run('r4') then '2 s' else '-1 s' end;
select stage.later('1 min');
select expect.equal(pgflow.promote(0, 10), null, 'nothing waits for a time');
select expect.equal(array(select q.run_id from pgflow.ready q order by q.seq),
                    array(select q.run_id from pgflow.ready q order by q.available_at, q.run_id), 'in which order');
select expect.rows('select stage.readable(run_id::text) from pgflow.ready where run_id not in (stage.run(''r3''), stage.run(''r4'')) order by seq',
                   '[["r5"], ["r2"], ["r1"]]', 'in which order');
