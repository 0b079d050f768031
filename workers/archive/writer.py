"""Rows and offsets in one SQL transaction: both are there, or neither is."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, StatementError

from workers.archive import ledger
from workers.archive.ledger import Advance, Extent, Spot, Takeover
from workers.archive.projection import Change, Projected
from workers.archive.projection.merge import Merge
from workers.archive.projection.unreadable import set_aside
from workers.archive.tables import PROJECTED

__all__ = ["Batch", "DatabaseUnavailableError", "Judge", "Step", "Writer", "Written"]

Judge = Callable[[Sequence[Projected], Mapping[int, str]], None]
"""Given a batch and what is wrong with those records that were set aside, by their index; raises
where it must not be committed."""


class DatabaseUnavailableError(Exception):
    """The database did not take a transaction now; nothing was written, trying again is right."""


class Step(StrEnum):
    """The steps of a transaction, for tests that interfere between them."""

    BEGUN = "begun"
    OFFSETS = "offsets"
    ROWS = "rows"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records with what they say, and how far they bring their partitions."""

    projected: Sequence[Projected]
    advances: Sequence[Advance]


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch came to."""

    readable: int
    unreadable: int


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _undisturbed(step: Step) -> None:
    del step


def _lenient(projected: Sequence[Projected], dead: Mapping[int, str]) -> None:
    del projected, dead


class Writer:
    """Writes batches. Blocking: call it from a thread. Not for use by two threads at once."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime] = _utc_now,
        probe: Callable[[Step], None] = _undisturbed,
    ) -> None:
        self.engine = engine
        self._now = now
        self._probe = probe

    def take_over(
        self, extents: Mapping[Spot, Extent], *, owner: str, cluster_id: str | None = None
    ) -> Takeover:
        """Become the owner of partitions; raises ``DatabaseUnavailableError``."""
        try:
            with self.engine.begin() as connection:
                return ledger.take_over(
                    connection, extents, owner=owner, now=self._now(), cluster_id=cluster_id
                )
        except (OperationalError, InterfaceError) as error:
            raise DatabaseUnavailableError(_named(error)) from None

    def write(self, batch: Batch, judge: Judge = _lenient) -> Written:
        """Write a batch entirely, or raise and leave no trace of it.

        A record that the database refuses (a number beyond its range) is set aside as
        unreadable, so that no single record stops the archive. Raises ``FencedError`` when a
        partition is somebody else's, ``DatabaseUnavailableError`` when trying again may help,
        and what ``judge`` raises, which is asked before the commit.
        """
        try:
            try:
                return self._transaction(batch, _write_together, judge)
            except (OperationalError, InterfaceError):
                raise
            except (DBAPIError, StatementError, OverflowError):
                return self._transaction(batch, _write_one_by_one, judge)
        except (OperationalError, InterfaceError) as error:
            raise DatabaseUnavailableError(_named(error)) from None

    def _transaction(self, batch: Batch, write: "_Write", judge: Judge) -> Written:
        with self.engine.begin() as connection:
            self._probe(Step.BEGUN)
            ledger.advance(connection, batch.advances, now=self._now())
            self._probe(Step.OFFSETS)
            refused = write(connection, batch.projected)
            dead = {
                index: one.reason for index, one in enumerate(batch.projected) if not one.readable
            }
            dead.update(refused)
            judge(batch.projected, dead)
            self._probe(Step.ROWS)
        self._probe(Step.COMMITTED)
        return Written(len(batch.projected) - len(dead), len(dead))


_Write = Callable[[Connection, Sequence[Projected]], Mapping[int, str]]
"""Writes rows; returns which records the database refused, by index, and why."""


def _write_together(connection: Connection, projected: Sequence[Projected]) -> Mapping[int, str]:
    _merge(connection, (change for one in projected for change in one.changes))
    return {}


def _write_one_by_one(connection: Connection, projected: Sequence[Projected]) -> Mapping[int, str]:
    """Each record in a savepoint."""
    refused: dict[int, str] = {}
    for index, one in enumerate(projected):
        try:
            with connection.begin_nested():
                _merge(connection, one.changes)
        except (OperationalError, InterfaceError):
            raise
        except (DBAPIError, StatementError, OverflowError) as error:
            refused[index] = f"the database refuses its values: {_named(error)}"
            _merge(connection, (set_aside(one.record, refused[index]),))
    return refused


def _merge(connection: Connection, changes: Iterable[Change]) -> None:
    """Rows of one kind together, tables in the order of their foreign keys, keys in order.

    The same order in every process keeps two of them from waiting for each other.
    """
    rows: dict[Merge, list[Mapping[str, Any]]] = defaultdict(list)
    for change in changes:
        rows[change.merge].append(change.row)
    on_sqlite = connection.dialect.name == "sqlite"
    for merge in sorted(rows, key=lambda merge: PROJECTED.index(merge.table)):
        ordered = sorted(rows[merge], key=lambda row: tuple(row[key] for key in merge.keys))
        connection.execute(merge.on_sqlite if on_sqlite else merge.on_postgresql, ordered)


def _named(error: Exception) -> str:
    """What failed, without the values: they may be a customer's."""
    original = error.orig if isinstance(error, StatementError) and error.orig else error
    state = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return f"{type(original).__name__} ({state})" if state else type(original).__name__
