select pgflow.send_signal($1, $2, $3, $4)
