select pgflow.create_workflow($1)
