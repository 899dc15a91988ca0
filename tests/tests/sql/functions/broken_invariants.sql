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
-- broken: where p.ended and not s.ended => where false
-- broken: where p.ended and not s.ended => where not s.ended
-- broken: where p.ended and not s.ended => where p.ended
-- broken: x.run_id = c.child_id and x.kind = 'c') => false)
-- broken: x.run_id = c.child_id and x.kind = 'c') => x.run_id = c.child_id)
-- broken: i.run_id = c.child_id and i.kind = 'x') => false)
-- broken: a.run_id = c.child_id and a.kind in => false and a.kind in

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

-- case: of a family whose first run has ended, all are to end, or somebody has had them go on
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'live');
select stage.child('a', n, 1, i::int - 1) from unnest('{told,asked,alone,ended,forgotten,other}'::text[]) with ordinality w(n, i);
select stage.child('live', 'its', 1);
select stage.end('a', 'f'), stage.end('ended', 'x');
select stage.errand('told', 'c'), stage.message('asked', 'x'), stage.errand('other', 'e'),
       pgflow.note_action(0, stage.runs('alone'), pgflow.now(), 'resume', null, null, '{}');
select expect.rows('select run_id, problem from pgflow.broken_invariants() order by stage.readable(run_id::text)',
    '[["forgotten", "it has not ended, but its parent has, and nothing is to be said of that"],
      ["other", "it has not ended, but its parent has, and nothing is to be said of that"]]');
