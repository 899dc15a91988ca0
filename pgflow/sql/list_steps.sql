select step, status, items, items_done, items_skipped, attempts, waits_for, output, error, skip_reason
from pgflow.run_steps($1)
