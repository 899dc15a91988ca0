-- broken: v.id desc => v.id
-- broken: coalesce(l.runs, 0) => 0
-- broken: v.id = w.current_version => true
-- broken: from live l group by => from live l where not l.waiting group by
-- broken: w.name = p_workflow => true

-- case: of one workflow, the newest first, with the runs that have not ended, whoever has them
select stage.define();
select stage.start('a'), stage.start('later', p_at => pgflow.now() + interval '1 day'), stage.start('owned'), stage.start('ended');
select stage.define(p_hash => 'b');
select stage.start('of b');
select stage.define(stage.definition('another'));
select stage.worker();
select stage.own('w', 'owned');
select stage.end('ended', 'c');
select stage.look();
select expect.rows($$select v.workflow, left(v.hash, 1), v.current, v.created_at = pgflow.now(), v.live_runs, v.definition = stage.definition()
                   from pgflow.versions('flow') v$$, '[["flow", "b", true, true, 1, true], ["flow", "a", false, true, 3, true]]');
select expect.rows('select workflow, left(hash, 1), live_runs from pgflow.versions()', '[["another", "a", 0], ["flow", "b", 1], ["flow", "a", 3]]',
                   'of all, by name');
select expect.touched();

-- case: none
select expect.rows('select * from pgflow.versions(''flow'')', '[]');
select expect.rows('select * from pgflow.versions()', '[]');
