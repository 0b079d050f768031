"""Sources: how far each has been read, and whether it is well."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, not_, select

from workers.archive.queries.letters.settled import IS_SETTLED
from workers.archive.tables import dead_letters, items
from workers.archive.tables import sources as table

__all__ = ["SourceSeen", "sources"]


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """One source as it last reported itself. ``status`` is ``ok``, ``waiting`` or ``stopped``."""

    name: str
    vendor: str
    status: str
    remedy: str
    """In words, where it is not ``ok``: what happened and what to do."""
    saved_at: datetime
    last_success: datetime | None
    last_event_time: datetime | None
    next_pull_at: datetime | None
    items_today: int
    """Items that first arrived at or after the given moment."""
    dead: int
    """Its records among the open dead letters."""


def sources(connection: Connection, today: datetime) -> tuple[SourceSeen, ...]:
    """Every source that ever reported, by name; ``today`` is when the day began."""
    arrived = dict(
        connection.execute(
            select(items.c.source_name, func.count())
            .where(
                # named so that the index over source and arrival serves
                items.c.source_name.in_(select(table.c.source_name)),
                items.c.arrived_at >= today,
            )
            .group_by(items.c.source_name)
        )
        .tuples()
        .all()
    )
    dead = dict(
        connection.execute(
            select(dead_letters.c.source_name, func.count())
            .where(dead_letters.c.source_name.is_not(None), not_(IS_SETTLED))
            .group_by(dead_letters.c.source_name)
        )
        .tuples()
        .all()
    )
    return tuple(
        SourceSeen(
            name=row.source_name,
            vendor=row.vendor,
            status=row.status,
            remedy=row.remedy,
            saved_at=row.saved_at,
            last_success=row.last_success,
            last_event_time=row.last_event_time,
            next_pull_at=row.next_pull_at,
            items_today=arrived.get(row.source_name, 0),
            dead=dead.get(row.source_name, 0),
        )
        for row in connection.execute(select(table).order_by(table.c.source_name))
    )
