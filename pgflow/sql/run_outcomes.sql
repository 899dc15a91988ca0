select step, index, status, attempts, output, error from pgflow.run_outcomes($1)
