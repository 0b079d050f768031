"""Alembic migrations of the read model, run by ``workers.archive.migrate``."""
