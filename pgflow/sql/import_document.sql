select pgflow.import_document($1, $2)
