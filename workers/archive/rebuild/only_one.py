"""One rebuild at a time: a second one would write into the model that the first is building.

On SQLite a lock on a file beside the database, on PostgreSQL an advisory lock of a connection:
both end with the process that holds them, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import samestat
from pathlib import Path

from sqlalchemy import Engine, text

__all__ = ["RebuildRunningError", "only_one"]

_SUFFIX = "rebuild-lock"


class RebuildRunningError(Exception):
    """Another process rebuilds this database. The message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "another `productops archive rebuild` of this database is running: wait for its end, "
            "or stop it, then start again"
        )


@contextmanager
def only_one(main: Engine) -> Iterator[None]:
    """Hold the right to rebuild the model of this engine; raises ``RebuildRunningError``."""
    if main.dialect.name == "sqlite":
        yield from _by_file(Path(f"{main.url.database}.{_SUFFIX}"))
    else:
        yield from _by_connection(main)


def _by_file(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RebuildRunningError from None
        # its former holder may have removed it meanwhile, and somebody have made another
        if not path.exists() or not samestat(os.fstat(file.fileno()), path.stat()):
            raise RebuildRunningError
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _by_connection(main: Engine) -> Iterator[None]:
    name = text("SELECT hashtext(current_database() || '.' || current_schema() || '.rebuild')")
    with main.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = connection.execute(name).scalar_one()
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
        if not taken.scalar_one():
            raise RebuildRunningError
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
