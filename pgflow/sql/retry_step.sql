select pgflow.retry_step($1, $2, $3, $4, $5)
