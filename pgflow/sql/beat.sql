select alive, fleet, troubled, due_ms, called from pgflow.beat($1, $2)
