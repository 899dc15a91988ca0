select input from pgflow.describe_runs(array[$1::uuid])
