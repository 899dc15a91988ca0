select version, definition from pgflow.other_versions($1)
