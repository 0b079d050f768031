"""Secrets: references to the environment, and literal ones that must not stand in a file."""
