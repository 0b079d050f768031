"""Times of events as the read model keeps and compares them."""

from datetime import UTC, datetime, timedelta

from schemas.envelope import Header
from workers.processor import Record

__all__ = ["activity_of", "arrival_of", "sortable"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sortable(moment: datetime) -> str:
    """A moment as text whose order is the order of time: always 32 characters, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def arrival_of(record: Record) -> datetime | None:
    """When the record reached Kafka, or ``None`` for a record without a timestamp."""
    if record.timestamp <= 0:
        return None
    return _EPOCH + timedelta(milliseconds=record.timestamp)


def activity_of(event: Header, record: Record) -> datetime:
    """When the event happened, never after its record was written.

    A tool whose clock is wrong must not pin its items to the top of the page.
    """
    arrived = arrival_of(record)
    return event.time if arrived is None else min(event.time, arrived)
