-- broken: where ended and queued => where false
-- broken: where ended and owners > 0 => where false
-- broken: where owners > 1 => where false
-- broken: where queued and owners > 0 => where false
-- broken: where not ended and not queued and owners = 0 => where false
-- broken: join state s on s.id = t.run_id where s.ended => join state s on s.id = t.run_id where false
-- broken: join state s on s.id = x.run_id where s.ended => join state s on s.id = x.run_id where false
-- broken: where x.remaining <> ( => where x.remaining < (
-- broken: q.paused and exists => false and exists
-- broken: where not exists (select from run r where r.id = q.run_id) => where false

-- case: nothing where all is well
select stage.runs_of_flow('queued', 'owned', 'parked', 'ended');
select stage.worker(), stage.own('w', 'owned'), stage.park('parked'), stage.end('ended', 'c'), stage.task('owned', 1, 0);
select expect.rows('select * from pgflow.broken_invariants()', '[]');

-- case: each that is broken is told
select stage.runs_of_flow('ended, queued', 'ended, owned', 'two owners', 'queued, owned', 'lost', 'ended, task', 'disagree', 'paused');
select stage.worker(), stage.worker('other');
select stage.end(n, 'c') from unnest('{"ended, queued","ended, owned","ended, task"}'::text[]) n;
select stage.park('ended, queued'), stage.own('w', 'ended, owned'), stage.own('w', 'two owners'), stage.own('other', 'two owners'),
       stage.task('ended, task', 1, 0), stage.task('disagree', 1, 0),
       stage.park('queued, owned'), stage.task('paused', 1, 0);
insert into pgflow.claim values (0, stage.w(), 99, pgflow.now(), stage.runs('queued, owned'));
delete from pgflow.ready where run_id = stage.run('lost');
update pgflow.share set remaining = 5 where run_id = stage.run('disagree');
update pgflow.ready set paused = true, due = false where run_id = stage.run('paused');
insert into pgflow.ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace) values (0, stage.run('gone'), 1,
       1, 0, pgflow.now(), true, true, 'q', '');
select expect.rows('select stage.readable(run_id::text), problem from pgflow.broken_invariants() order by 1, 2',
    '[["disagree", "its share and its tasks disagree"], ["ended, owned", "it has ended, and still has an owner"], ["ended, queued", "it has ended, and is still queued"],
      ["ended, task", "it has ended, and has a share"], ["ended, task", "it has ended, and has shared work out"], ["gone", "it is queued, and there is no such run"],
      ["lost", "it is neither queued nor has it an owner"], ["paused", "it is paused, and has work out that nobody has taken"], ["queued, owned", "it is queued and has an owner"],
      ["two owners", "it has two owners"]]');
