select pgflow.drop_month()
