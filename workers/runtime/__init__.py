"""Processes: what a role needs to run, and the supervisor that runs several on one machine."""
