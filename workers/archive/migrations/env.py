"""Run by Alembic: migrates over the connection that ``workers.archive.migrate`` opened."""

from alembic import context

from workers.archive.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
)
context.run_migrations()
