select deleted, removed, ending, more from pgflow.delete_workflow($1, $2, $3, $4)
