select kind, run_id, number, version_id, step, index, attempts, flag, payload, error from pgflow.settle_start($1, $2, $3, $4)
