"""A record that the archive cannot project: kept raw with the reason, so that none is lost."""

from datetime import UTC, datetime

from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.projection.moments import arrival_of
from workers.archive.tables import unreadable
from workers.processor import Record

__all__ = ["set_aside"]

UNREADABLE = Merge(unreadable, groups=(Group("recorded_at", ("reason", "key", "value")),))
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def set_aside(record: Record, reason: str) -> Change:
    """The row of an unreadable record; ``reason`` says what is wrong without its words."""
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "record_offset": record.offset,
        "recorded_at": arrival_of(record) or _UNDATED,
        "reason": reason,
        "key": record.key,
        "value": record.value,
    }
    return Change(UNREADABLE, row)
