-- broken: and s.seq = p_seq; => ;
-- broken: interval '1 minute' => interval '1 second'
-- broken: problem = p_problem, => problem = 'something',

-- case: it says why, and is looked at again in a minute
select stage.define();
select pgflow.create_schedule('mine', 'flow', '0 3 * * *');
select pgflow.hold_schedule(0, 'mine', seq, 'no idea') from pgflow.schedule;
select expect.rows('select problem, look_at - pgflow.now(), next_at from pgflow.schedule', '[["no idea", "00:01:00", null]]');
select stage.look();
select pgflow.hold_schedule(0, 'mine', seq - 1, 'none at all') from pgflow.schedule;
select expect.touched();
