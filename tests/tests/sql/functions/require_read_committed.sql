-- broken: <> 'read committed' => = 'nothing'

-- case: read committed is what it works in
select pgflow.require_read_committed();

-- case: repeatable read is refused
-- isolation: repeatable read
select expect.throws('select pgflow.require_read_committed()', '0A000', '%this one is REPEATABLE READ', 'Begin the transaction with %');

-- case: serializable is refused
-- isolation: serializable
select expect.throws('select pgflow.require_read_committed()', '0A000', '%this one is SERIALIZABLE', 'Begin the transaction with %');
