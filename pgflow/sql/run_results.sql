select run_id, status, output, failed_step, error from pgflow.run_results($1)
