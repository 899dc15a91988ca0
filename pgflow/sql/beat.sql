select alive, fleet, troubled, due_ms, called, errands, schedule_ms from pgflow.beat($1, $2)
