"""What the read model holds about people, for how long, and the sweep that ends it.

The model keeps what the topics keep: a row goes when the records behind it have gone from
Kafka, so that a rebuilt model and an old one hold the same. Erasing one person reaches the
same columns by ``customer_id``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Table, delete, func

from schemas.topics import RECEIVED, REGISTRY, REQUESTED, dead_letter_topic, topic_named
from workers.archive.columns import personal_columns_of
from workers.archive.tables import (
    PROJECTED,
    dead_letters,
    failures,
    items,
    messages,
    parts,
    unreadable,
)

__all__ = ["PERSONAL", "Holding", "expire"]


@dataclass(frozen=True, slots=True)
class Holding:
    """Personal data of one table."""

    table: str
    columns: tuple[str, ...]
    """Columns that hold, or may hold, personal data."""
    kept: timedelta


_AS_RECEIVED = timedelta(milliseconds=RECEIVED.retention_ms)
_AS_REQUESTED = timedelta(milliseconds=REQUESTED.retention_ms)
_AS_DEAD = timedelta(milliseconds=topic_named(dead_letter_topic(RECEIVED.name)).retention_ms)
_AS_ANY = timedelta(milliseconds=max(topic.retention_ms for topic in REGISTRY if topic.data))
_KEPT: Mapping[Table, timedelta] = {
    items: _AS_RECEIVED,
    parts: _AS_RECEIVED,
    messages: _AS_REQUESTED,
    dead_letters: _AS_DEAD,
    failures: _AS_DEAD,
    unreadable: _AS_ANY,
}

PERSONAL: tuple[Holding, ...] = tuple(
    Holding(table.name, columns, _KEPT[table])
    for table in PROJECTED
    if (columns := personal_columns_of(table.columns))
)
"""Every table with personal data; ``docs/data.md`` says the same."""


def expire(engine: Engine, now: datetime) -> dict[str, int]:
    """Delete rows past their retention, an item with its parts; returns how many by table.

    An item is kept as long as anything was said about it, or it arrived, within its time.
    """
    age: Mapping[Table, ColumnElement[datetime]] = {
        items: func.coalesce(items.c.arrived_at, items.c.activity_at),
        messages: func.coalesce(messages.c.settled_at, messages.c.requested_at),
        dead_letters: dead_letters.c.last_failed_at,
        failures: failures.c.failed_at,
        unreadable: unreadable.c.recorded_at,
    }
    gone: dict[str, int] = {}
    with engine.begin() as connection:
        for table, moment in age.items():
            statement = delete(table).where(moment < now - _KEPT[table])
            if table is items:
                statement = statement.where(items.c.activity_at < now - _KEPT[items])
            gone[table.name] = connection.execute(statement).rowcount
    return gone
