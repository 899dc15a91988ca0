select alive, fleet, troubled, due_ms from pgflow.beat($1, $2)
