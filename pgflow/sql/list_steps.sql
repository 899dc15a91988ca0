select step, status, items, items_done, attempts::int as attempts, waits_for, output, error
from pgflow.steps
where run_id = $1
order by number
