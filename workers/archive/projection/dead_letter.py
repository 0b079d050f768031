"""``<topic>.dlq``: a record that could not be read or handled, raw, with the reason."""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.platform import DeadLetter
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.tables import dead_letters
from workers.processor import Record

__all__ = ["project"]

DEAD_LETTER = Merge(
    dead_letters,
    groups=(
        Group(
            "last_failed_at",
            (
                "origin_topic",
                "origin_partition",
                "origin_offset",
                "source_name",
                "record_id",
                "error_class",
                "message",
                "key",
                "value",
                "truncated",
                "headers",
                "attempts",
                "role",
                "worker_version",
                "first_failed_at",
            ),
        ),
    ),
)


def project(event: Event[DeadLetter], record: Record) -> Sequence[Change]:
    """One row a dead letter, named by where the letter stands."""
    data = event.data
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "record_offset": record.offset,
        "origin_topic": data.origin.topic,
        "origin_partition": data.origin.partition,
        "origin_offset": data.origin.offset,
        "source_name": data.origin.source_name,
        "record_id": data.origin.record_id,
        "error_class": data.error_class.value,
        "message": data.message,
        "key": data.key,
        "value": data.value,
        "truncated": data.truncated,
        "headers": data.headers,
        "attempts": data.attempts,
        "role": data.role,
        "worker_version": data.worker_version,
        "first_failed_at": data.first_failed_at,
        "last_failed_at": data.last_failed_at,
    }
    return (Change(DEAD_LETTER, row),)
