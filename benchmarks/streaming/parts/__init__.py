"""The parts of a session, one a file: each measures, and gives a table."""
