select pgflow.ensure_partitions(pgflow.now(), $1)
