"""Customers' words made safe and readable: pure functions over strings."""
