-- broken: order by c.run_id, c.step, c.index, c.number desc => order by c.run_id, c.step, c.index, c.number
-- broken: and o.step = c.step and o.index = c.index) => and false)
-- broken: and o.step = c.step and o.index = c.index) => and o.step = c.step)
-- broken: and x.step = w.step and x.index = w.index => and x.step = w.step
-- broken: when 'cancelled' then 'x' => when 'cancelled' then 'f'
-- broken: when 'unknown' then 'f' => when 'unknown' then null
-- broken: 'step', r.failed_step => 'step', null
-- broken: 'output', r.output => 'output', null
-- broken: r.status when 'unknown' then 'it is gone' else r.error end => r.status when 'unknown' then 'it is gone' end
-- broken: c.number::int => 1

-- case: of each unit without an outcome the last one, and how it has ended
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'other');
select stage.child('a', 'first', 0), stage.child('a', 'again', 0, -1, 2), stage.child('other', 'theirs', 0);
select stage.child('a', n, 1, i::int - 1) from unnest('{done,failed,cancelled,empty,known}'::text[]) with ordinality w(n, i);
select stage.outcome('a', 1, '1', 4);
select stage.end('first', 'f'), stage.outcome('done', 3, '7'), stage.end('done', 'c'), stage.outcome('failed', 2, null, p_kind => 'f', p_error => 'why'),
       stage.end('failed', 'f'), stage.end('cancelled', 'x', 'enough'), stage.end('empty', 'c'), stage.end('known', 'c');
select stage.look();
select expect.rows($$select kind, run_id, number, version_id, step, index, attempts, flag, payload, error from pgflow.children_of(0, stage.runs('a'), null, null) order by step, index$$,
    '[[20, "a", null, null, 0, -1, 2, null, {"child": "again", "step": null, "error": null, "output": null}, null],
      [20, "a", null, null, 1, 0, 1, "c", {"child": "done", "step": null, "error": null, "output": 7}, null],
      [20, "a", null, null, 1, 1, 1, "f", {"child": "failed", "step": "side", "error": "why", "output": null}, null],
      [20, "a", null, null, 1, 2, 1, "x", {"child": "cancelled", "step": null, "error": "enough", "output": null}, null],
      [20, "a", null, null, 1, 3, 1, "c", {"child": "empty", "step": null, "error": null, "output": null}, null]]');
select expect.rows($$select run_id, step, index, flag from pgflow.children_of(0, stage.runs('a', 'a', 'other', 'gone'), '{1,1,0,0}', '{0,4,-1,-1}') order by stage.readable(run_id::text)$$,
    '[["a", 1, 0, "c"], ["other", 0, -1, null]]', 'of these units');
select expect.rows($$select * from pgflow.children_of(0, stage.runs('done'), null, null)$$, '[]', 'of none');
select expect.rows($$select * from pgflow.children_of(1, stage.runs('a'), null, null)$$, '[]', 'in another bucket');
select expect.touched();

-- case: one that is not there any more is none that is waited for
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a');
select stage.child('a', 'b', 0);
delete from pgflow.ready where run_id = stage.run('b');
delete from pgflow.run where id = stage.run('b');
select expect.rows($$select step, index, attempts, flag, payload from pgflow.children_of(0, stage.runs('a'), null, null)$$,
    '[[0, -1, 1, "f", {"child": "b", "step": null, "error": "it is gone", "output": null}]]');
