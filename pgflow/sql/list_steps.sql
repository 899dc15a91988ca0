select step, status, items, items_done, items_skipped, attempts::int as attempts, waits_for, output, error, skip_reason
from pgflow.steps
where run_id = $1
order by number
