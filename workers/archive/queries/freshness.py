"""How old the data is: when the projection last looked, and how far it is behind."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from workers.archive.tables import offsets

__all__ = ["Freshness", "freshness"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Age of the read model, on the wall clock."""

    checked_at: datetime | None
    """When the partition that was looked at longest ago was looked at; none before the first."""
    committed_at: datetime | None
    """When rows were last written."""
    lag: int
    """Events that were in the topics then and not yet in the tables."""


def freshness(connection: Connection) -> Freshness:
    """The age of what the other queries return."""
    row = connection.execute(
        select(
            func.min(offsets.c.checked_at).label("checked_at"),
            func.max(offsets.c.committed_at).label("committed_at"),
            func.coalesce(func.sum(offsets.c.end_offset - offsets.c.next_offset), 0).label("lag"),
        )
    ).one()
    return Freshness(row.checked_at, row.committed_at, max(int(row.lag), 0))
