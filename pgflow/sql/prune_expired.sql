select removed, more from pgflow.prune_expired($1, $2)
