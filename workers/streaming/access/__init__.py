"""Being let in by a cluster: tokens, why a connection fails, which rights a role needs."""
