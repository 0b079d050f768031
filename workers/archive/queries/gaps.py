"""Records that were gone from Kafka before the archive had read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from workers.archive.tables import gaps

__all__ = ["GapSeen", "gaps_seen"]


@dataclass(frozen=True, slots=True)
class GapSeen:
    """What is missing of one topic."""

    topic: str
    offsets: int
    """At most so many records: the ends of transactions take offsets, too."""
    found_at: datetime
    """When it was last noticed."""


def gaps_seen(connection: Connection) -> Sequence[GapSeen]:
    """The topics of which something was never read, by name; usually none."""
    rows = connection.execute(
        select(
            gaps.c.topic,
            func.sum(gaps.c.next_offset - gaps.c.first_offset).label("offsets"),
            func.max(gaps.c.found_at).label("found_at"),
        )
        .group_by(gaps.c.topic)
        .order_by(gaps.c.topic)
    )
    return [GapSeen(row.topic, int(row.offsets), row.found_at) for row in rows]
