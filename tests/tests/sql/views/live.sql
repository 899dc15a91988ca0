-- case: whoever has them, and what they wait for
select stage.define();
select stage.start('queued'), stage.start('owned'), stage.start('paused'), stage.start('ended'),
       stage.start('waiting', p_at => pgflow.now() + interval '1 day');
update pgflow.ready set paused = true, due = false where run_id = stage.run('paused');
select stage.worker();
select stage.own('w', 'owned', 'ended');
select stage.end('ended', 'c');
select expect.rows($$select n.name, l.paused, l.waiting, l.version_id = stage.version() from pgflow.live l
                   join stage.named n on n.id = l.run_id order by 1$$,
                   '[["owned", false, false, true], ["paused", true, false, true], ["queued", false, false, true], ["waiting", false, true, true]]');

-- case: none
select expect.rows('select * from pgflow.live', '[]');
