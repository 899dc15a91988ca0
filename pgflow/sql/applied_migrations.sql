select number, checksum from pgflow.applied_migrations()
