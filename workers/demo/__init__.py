"""The demonstration: everything on one machine, with simulated vendors and seeded data."""
