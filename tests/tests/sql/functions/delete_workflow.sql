-- broken: elsif not v_workflow.dynamic then => elsif false then
-- broken: if not p_cascade and exists => if false and exists
-- broken: if p_cascade then => if false then
-- broken: if v_count > 0 and not p_cascade then => if false then
-- broken: set current_version = null where => set current_version = current_version where
-- broken: where not exists (select from inbox i => where true or not exists (select from inbox i
-- broken: ending := (select count(*) from live => ending := (select 0 * count(*) from live
-- broken: delete from key where bucket = v_bucket and workflow_id = v_workflow.id; =>
-- broken: delete from latest where bucket = v_bucket and workflow_id = v_workflow.id; =>
-- broken: delete from retention where workflow_id = v_workflow.id; =>
-- broken: perform pgflow.require_read_committed(); =>

-- case: what is not there is no error; one without runs goes with all that is its own
select stage.look();
select expect.rows('select * from pgflow.delete_workflow(''w'')', '[[true, 0, 0, false]]', 'nothing');
select expect.touched();
select pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}]}'), pgflow.update_workflow('{"name": "w", "steps": [{"name": "b"}]}');
select pgflow.set_retention('w', 'completed', interval '1 day');
insert into pgflow.latest (bucket, workflow_id, key) select 0, id, 'k' from pgflow.workflow;
insert into pgflow.key (bucket, workflow_id, key, run_id) select 0, id, 'k', stage.run('gone') from pgflow.workflow;
select expect.rows('select * from pgflow.delete_workflow(''w'')', '[[true, 0, 0, false]]', 'all of it');
select expect.touched();

-- case: one with runs is refused, or goes with them; others stay
select pgflow.create_workflow('{"name": "w", "steps": [{"name": "a"}]}'), pgflow.create_workflow('{"name": "v", "steps": [{"name": "a"}]}');
select stage.start('other', 'v');
select stage.look();
select pgflow.create_workflow('{"name": "x", "steps": [{"name": "a"}]}');
select stage.start('queued', 'x'), stage.start('owned', 'x'), stage.start('ended', 'x');
select pgflow.cancel_run(stage.run('ended'));
select stage.worker(), stage.own('w', 'owned');
select expect.throws('select * from pgflow.delete_workflow(''x'')', 'PF409', 'workflow `x` has 2 runs that have not ended, and 1 that have', 'Delete it together%');
select expect.rows('select * from pgflow.delete_workflow(''x'', true, 10, ''Ada'')', '[[false, 2, 1, true]]', 'all but the one that somebody has');
select expect.throws('select pgflow.start_run(''x'', ''1'')', 'PF404', 'there is no workflow `x`');
select expect.rows('select * from pgflow.delete_workflow(''x'', true)', '[[false, 0, 1, true]]', 'it is not over yet');
select expect.rows('select count(*), max(reason) from pgflow.inbox where kind = ''x''', '[[1, "workflow `x` is deleted"]]', 'it is told once');
delete from pgflow.claim; delete from pgflow.inbox; delete from pgflow.worker;
insert into pgflow.run_end (bucket, period, run_id, ended_at, status) values (0, stage.period('owned'), stage.run('owned'), pgflow.now(), 'x');
select expect.rows('select * from pgflow.delete_workflow(''x'', true)', '[[true, 1, 0, false]]', 'now it is');
select expect.touched();

-- case: some runs at a time
select pgflow.create_workflow('{"name": "x", "steps": [{"name": "a"}]}');
select stage.start('a', 'x'), stage.start('b', 'x');
select expect.rows('select deleted, removed, more from pgflow.delete_workflow(''x'', true, 1)', '[[false, 1, true]]', 'one');
select expect.rows('select deleted, removed, more from pgflow.delete_workflow(''x'', true, 1)', '[[true, 1, false]]', 'the other');

-- case: its schedules go with it, or keep it
select pgflow.create_workflow('{"name": "x", "steps": [{"name": "a"}]}');
select pgflow.create_schedule('daily', 'x', '0 3 * * *');
select expect.throws('select * from pgflow.delete_workflow(''x'')', 'PF409', 'workflow `x` has 1 schedules', 'Delete them first%');
select expect.rows('select deleted from pgflow.delete_workflow(''x'', true)', '[[true]]', 'with its schedule');
select expect.rows('select * from pgflow.schedule', '[]', 'schedules');

-- case: one that a program declares stays
select stage.define();
select stage.look();
select expect.throws('select * from pgflow.delete_workflow(''flow'', true)', 'PF409', 'workflow `flow` is declared by a program, and is not deleted', 'Its versions are kept%');
select expect.touched();

-- case: in another transaction than one of read committed it is refused
-- isolation: repeatable read
select expect.throws('select * from pgflow.delete_workflow(''w'')', '0A000', 'pgflow works in READ COMMITTED%');
