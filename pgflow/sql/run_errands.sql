select ended, called, more from pgflow.run_errands($1, $2)
