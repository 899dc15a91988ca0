select dead, runs, tasks, more from pgflow.recover($1, $2, $3)
