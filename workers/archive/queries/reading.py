"""A connection to read with, and what to say when there is none."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from workers.archive.tables import items

__all__ = ["ArchiveUnavailableError", "reading"]


class ArchiveUnavailableError(Exception):
    """The read model cannot be read. The message says what to do; it names no address."""


def _explain(engine: Engine) -> str:
    try:
        with engine.connect() as connection:
            present = inspect(connection).has_table(items.name)
    except SQLAlchemyError:
        return (
            "The database of the read model cannot be reached. Check PRODUCTOPS_DATABASE_URL "
            "and that the database runs."
        )
    if not present:
        return (
            "The read model has not been set up yet. The archive role creates it when it "
            "starts: productops run archive"
        )
    return (
        "The read model could not be read just now. If this stays, its tables are of another "
        "version than this program: productops archive migrate"
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose queries see one state; raises ``ArchiveUnavailableError``."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise ArchiveUnavailableError(_explain(engine)) from error
