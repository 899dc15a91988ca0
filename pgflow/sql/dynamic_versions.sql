select version, changed, definition from pgflow.dynamic_versions($1)
