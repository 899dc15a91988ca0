select pgflow.make_current($1)
