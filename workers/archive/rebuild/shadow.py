"""A second, empty read model beside the one in use, and putting it in the other's place.

On SQLite it is a file of its own, on PostgreSQL a schema. The exchange is one transaction:
readers see the old rows until it ends, and the new ones after. It raises every fence, so
that an archive that is running takes its partitions over again from the new offsets.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, text
from sqlalchemy.engine import make_url

from workers.archive.engine import open_engine
from workers.archive.migrate import upgrade
from workers.archive.tables import PROJECTED, gaps

__all__ = ["Shadow", "shadow_of"]

_SUFFIX = "rebuild"


class Shadow:
    """The second model. ``engine`` writes it."""

    def __init__(self, main: Engine, engine: Engine, place: str) -> None:
        self.main = main
        self.engine = engine
        self._place = place

    def exchange(self) -> None:
        """Put its rows and offsets in the place of those in use, in one transaction."""
        with _statements(self.main, self._place) as execute:
            for table in (*reversed(PROJECTED), gaps):
                execute(f"DELETE FROM {table.name}")  # noqa: S608 - names of our own tables
            for table in (*PROJECTED, gaps):
                execute(_copy(table))
            execute(
                "DELETE FROM offsets WHERE NOT EXISTS (SELECT 1 FROM shadow.offsets AS new "
                "WHERE new.topic = offsets.topic AND new.partition = offsets.partition)"
            )
            execute(
                "INSERT INTO offsets (topic, partition, next_offset, end_offset, fence, owner, "
                "committed_at, checked_at) SELECT topic, partition, next_offset, end_offset, "
                "fence, owner, committed_at, checked_at FROM shadow.offsets WHERE true "
                "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, "
                "end_offset = excluded.end_offset, fence = offsets.fence + 1, "
                "owner = excluded.owner, committed_at = excluded.committed_at, "
                "checked_at = excluded.checked_at"
            )
            execute("DELETE FROM meta")
            execute("INSERT INTO meta (name, value) SELECT name, value FROM shadow.meta")


@contextmanager
def shadow_of(url: str, main: Engine) -> Iterator[Shadow]:
    """An empty second model for the model at ``url``; removed at the end."""
    if main.dialect.name == "sqlite":
        yield from _on_sqlite(url, main)
    else:
        yield from _on_postgresql(url, main)


def _on_sqlite(url: str, main: Engine) -> Iterator[Shadow]:
    file = Path(f"{make_url(url).database}.{_SUFFIX}")
    _remove(file)
    engine = open_engine(f"sqlite:///{file}")
    try:
        upgrade(engine)
        yield Shadow(main, engine, str(file))
    finally:
        engine.dispose()
        _remove(file)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{file}{suffix}").unlink()


def _on_postgresql(url: str, main: Engine) -> Iterator[Shadow]:
    with main.begin() as connection:
        current = connection.execute(text("SELECT current_schema()")).scalar_one()
        schema = f"{current}_{_SUFFIX}"
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
        connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    engine = open_engine(url, schema=schema)
    try:
        upgrade(engine)
        yield Shadow(main, engine, schema)
    finally:
        engine.dispose()
        with main.begin() as connection:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))


def _copy(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM shadow.{table.name}"  # noqa: S608


@contextmanager
def _statements(main: Engine, place: str) -> Iterator[Any]:
    """A function that executes in one transaction, with the second model named ``shadow``."""
    if main.dialect.name == "sqlite":
        raw = main.raw_connection()
        try:
            cursor = raw.cursor()
            # SQLite attaches a file only outside a transaction.
            cursor.execute("ATTACH DATABASE ? AS shadow", (place,))
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield cursor.execute
                cursor.execute("COMMIT")
            finally:
                if raw.driver_connection is not None and raw.driver_connection.in_transaction:
                    cursor.execute("ROLLBACK")
                cursor.execute("DETACH DATABASE shadow")
        finally:
            raw.close()
        return
    with main.begin() as connection:
        yield lambda sql: connection.execute(text(sql.replace("shadow.", f'"{place}".')))
