"""A client from first to last: where to, whether anybody answers, an end within a bound."""
