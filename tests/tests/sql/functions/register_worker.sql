-- broken: p_silence, p_versions, p_queues, p_handlers) => p_silence, '{}', p_queues, p_handlers)
-- broken: p_queues, p_handlers) => p_queues, '{}')
-- broken: pgflow.now(), pgflow.now(), pgflow.now() => pgflow.now(), pgflow.now(), '-infinity'

-- case: each has an id of its own
select stage.look();
select expect.yes(pgflow.register_worker(0, 'one', '6 s', '{1,2}', '{default,q}') <> pgflow.register_worker(0, 'one', '6 s', '{1,2}'), 'two ids');
select expect.touched('worker');
select expect.rows($$select bucket, name, started_at = pgflow.now(), beat_at = pgflow.now(), steady_since = pgflow.now(), silence_limit, dead_at,
       stopped, versions, queues from pgflow.worker
                     order by id$$,
    '[[0, "one", true, true, true, "00:00:06", null, false, [1, 2], ["default", "q"]], [0, "one", true, true, true, "00:00:06", null, false, [1, 2], ["default"]]]');
select expect.throws('select pgflow.register_worker(0, null, ''1 s'', ''{}'')', '23502', '%"name"%');

-- case: it says which handlers it has
select pgflow.register_worker(0, 'one', '6 s', '{}', '{default}', '{a,b.c}'), pgflow.register_worker(0, 'two', '6 s', '{}');
select expect.rows('select name, handlers from pgflow.worker order by 1', '[["one", ["a", "b.c"]], ["two", []]]');
