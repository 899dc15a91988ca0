select workflow, version_id, current, live_runs, handler, steps, workers from pgflow.missing_handlers order by workflow, version_id, handler
