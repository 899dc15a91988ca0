select pgflow.disconnect_silent($1, $2)
