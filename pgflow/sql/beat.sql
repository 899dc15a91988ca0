select alive, fleet, troubled, due_ms, called, errands from pgflow.beat($1, $2)
