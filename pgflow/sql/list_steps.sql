select step, status, items, items_done, items_skipped, attempts, waits_for, output, error, skip_reason, progress, message, signal, repeats
from pgflow.run_steps($1)
