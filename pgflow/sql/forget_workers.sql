select pgflow.forget_workers($1, $2)
