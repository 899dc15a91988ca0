-- case: by workflow and status, in words
select stage.define();
select pgflow.set_retention('flow', 'completed', '1 day'), pgflow.set_retention('flow', 'failed', '2 days'), pgflow.set_retention(null, 'cancelled',
       '1 year');
select expect.rows('select * from pgflow.retentions order by keep',
       '[["flow", "completed", "1 day"], ["flow", "failed", "2 days"], [null, "cancelled", "1 year"]]');
