"""Upserts that give the same row in whatever order, and however often, they are carried out.

A row is divided into groups of columns, each with a version column. An event brings a new
value for a whole group together with a version; the greater version wins. Beside groups a
column may keep its greatest or its least value, or climb a ladder of states. All of these
are commutative, associative and idempotent, and they are computed inside the database, so two
processes that write about the same item need no agreement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Insert, Table, case, or_
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["Change", "Group", "Ladder", "Merge"]


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that change together, and the column of their version.

    A row whose version is ``None`` says nothing about the group.
    """

    version: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """A column that only moves up these steps."""

    column: str
    steps: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Merge:
    """How rows are merged into a table. Compared by identity: one module-level value each."""

    table: Table
    groups: tuple[Group, ...] = ()
    greatest: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    ladder: Ladder | None = None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The primary key."""
        return tuple(column.name for column in self.table.primary_key)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column a row must give, keys included."""
        grouped = (name for group in self.groups for name in (group.version, *group.columns))
        ladder = (self.ladder.column,) if self.ladder else ()
        return (*self.keys, *grouped, *self.greatest, *self.least, *ladder)

    @cached_property
    def on_sqlite(self) -> Insert:
        """The statement for SQLite."""
        statement = sqlite.insert(self.table)
        return statement.on_conflict_do_update(
            index_elements=list(self.keys),
            set_=self._merged(statement.excluded),
            where=self._matters(statement.excluded),
        )

    @cached_property
    def on_postgresql(self) -> Insert:
        """The statement for PostgreSQL."""
        statement = postgresql.insert(self.table)
        return statement.on_conflict_do_update(
            index_elements=list(self.keys),
            set_=self._merged(statement.excluded),
            where=self._matters(statement.excluded),
        )

    def _merged(self, new: Any) -> dict[str, ColumnElement[Any]]:
        old = self.table.c
        merged: dict[str, ColumnElement[Any]] = {}
        for group in self.groups:
            newer = _greater(new[group.version], old[group.version])
            for name in (*group.columns, group.version):
                merged[name] = case((newer, new[name]), else_=old[name])
        for name in self.greatest:
            merged[name] = case((_greater(new[name], old[name]), new[name]), else_=old[name])
        for name in self.least:
            merged[name] = case((_less(new[name], old[name]), new[name]), else_=old[name])
        if self.ladder:
            name = self.ladder.column
            higher = _rank(new[name], self.ladder) > _rank(old[name], self.ladder)
            merged[name] = case((higher, new[name]), else_=old[name])
        return merged

    def _matters(self, new: Any) -> ColumnElement[bool]:
        """Whether the row would change at all: a repeat writes nothing."""
        old = self.table.c
        reasons = [_greater(new[group.version], old[group.version]) for group in self.groups]
        reasons += [_greater(new[name], old[name]) for name in self.greatest]
        reasons += [_less(new[name], old[name]) for name in self.least]
        if self.ladder:
            name = self.ladder.column
            reasons.append(_rank(new[name], self.ladder) > _rank(old[name], self.ladder))
        return or_(*reasons)


def _greater(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether ``one`` replaces ``other`` upwards; anything replaces NULL, NULL nothing."""
    return (one > other) | (one.is_not(None) & other.is_(None))


def _less(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether ``one`` replaces ``other`` downwards; anything replaces NULL, NULL nothing."""
    return (one < other) | (one.is_not(None) & other.is_(None))


def _rank(column: ColumnElement[Any], ladder: Ladder) -> ColumnElement[int]:
    return case({step: rank for rank, step in enumerate(ladder.steps)}, value=column, else_=-1)


@dataclass(frozen=True, slots=True)
class Change:
    """One row to merge."""

    merge: Merge
    row: Mapping[str, Any]
    """A value for each of ``merge.columns``."""
