"""The values that occur in a column: what a filter can offer.

Read by hopping from value to value along an index, so the cost grows with the number of
values and not of rows.
"""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, func, select

from workers.archive.tables import items

__all__ = ["Choices", "choices"]

_MAX = 200


@dataclass(frozen=True, slots=True)
class Choices:
    """Values that occur, sorted; at most 200 of each."""

    teams: tuple[str, ...]
    owners: tuple[str, ...]
    areas: tuple[str, ...]
    sources: tuple[str, ...]
    languages: tuple[str, ...]


def _values(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    found: list[str] = []
    value = connection.execute(select(func.min(column))).scalar_one()
    while value is not None and len(found) < _MAX:
        found.append(value)
        value = connection.execute(select(func.min(column)).where(column > value)).scalar_one()
    return tuple(found)


def choices(connection: Connection) -> Choices:
    """What occurs now."""
    return Choices(
        teams=_values(connection, items.c.team),
        owners=_values(connection, items.c.owner),
        areas=_values(connection, items.c.area),
        sources=_values(connection, items.c.source_name),
        languages=_values(connection, items.c.language),
    )
