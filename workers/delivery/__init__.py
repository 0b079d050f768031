"""Messages to people: an outbox in state, one sender that never blocks a partition."""
