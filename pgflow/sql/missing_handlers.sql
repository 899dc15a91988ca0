select workflow, version_id, current, live_runs, handler, steps, workers from pgflow.list_missing_handlers()
