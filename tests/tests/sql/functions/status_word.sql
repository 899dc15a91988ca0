-- broken: when 'x' then 'cancelled' => when 'x' then 'failed'
-- broken: when p_paused then 'paused' when p_fresh then 'scheduled' => when p_fresh then 'scheduled' when p_paused then 'paused'

-- case: an end says more than all else
select expect.equal(pgflow.status_word('c', true, true), 'completed', 'c');
select expect.equal(pgflow.status_word('f', false, true), 'failed', 'f');
select expect.equal(pgflow.status_word('x', null, null), 'cancelled', 'x');

-- case: of those that have not ended, a pause says more than whether they have begun
select expect.equal(pgflow.status_word(null, true, true), 'paused', 'before it has begun');
select expect.equal(pgflow.status_word(null, true, false), 'paused', 'afterwards');
select expect.equal(pgflow.status_word(null, false, true), 'scheduled', 'it has not begun');
select expect.equal(pgflow.status_word(null, false, false), 'running', 'it is queued again');
select expect.equal(pgflow.status_word(null, null, null), 'running', 'it has an owner');
