select pgflow.update_workflow($1)
