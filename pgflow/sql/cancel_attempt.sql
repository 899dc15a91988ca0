select pgflow.cancel_attempt($1, $2, $3, $4, $5)
