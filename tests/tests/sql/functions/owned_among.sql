-- broken: where not w.id = any(p_free) => where true
-- broken: and not exists ( => and exists (
-- broken: select distinct w.id => select w.id

-- case: those that exist, are not free, and have not ended
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('free', 'owned', 'ended');
select stage.worker();
select stage.own('w', 'owned'), stage.end('ended', 'x');
select stage.look();
select expect.equal(pgflow.owned_among(0, stage.runs('free', 'owned', 'ended', 'gone', 'owned'), stage.runs('free')), stage.runs('owned'),
       'who is owned');
select expect.equal(pgflow.owned_among(0, stage.runs('free', 'owned'), stage.runs('free', 'owned')), '{}', 'none');
select expect.equal(pgflow.owned_among(0, '{}', '{}'), '{}', 'of none');
select expect.equal(pgflow.owned_among(1, stage.runs('owned'), '{}'), '{}', 'of another bucket');
select expect.touched();
