-- broken: and not exists (select => and exists (select
-- broken: p_version is not null and => true and

-- case: of one that is there, and of none, nothing is said; one that is gone is told
select pgflow.create_workflow('{"name": "made", "steps": [{"name": "a"}]}');
select stage.define();
select stage.look();
select pgflow.hold_workflow(stage.version('made')), pgflow.hold_workflow(stage.version('flow')), pgflow.hold_workflow(null);
select expect.touched();
select expect.throws('select pgflow.hold_workflow(0)', 'PF404', 'the workflow was deleted');
