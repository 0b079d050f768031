"""``<topic>.dlq``: a record that could not be read or handled, and what became of it.

A letter's records stand in one partition, so that their offsets are their order: the newest
says how the letter is, the newest failure has its bytes. A settlement closes what failed before
it, and a connector's record that was dropped stays so as long as it is the same: what reads the
row compares the two offsets and the two digests, so that no order of arrival matters.
"""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.platform import DeadLetter
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.tables import dead_letters, failures
from workers.processor import Record

__all__ = ["project"]

DEAD_LETTER = Merge(
    dead_letters,
    groups=(
        Group(
            "latest_offset",
            (
                "partition",
                "origin_topic",
                "origin_partition",
                "origin_offset",
                "source_name",
                "record_id",
                "error_class",
                "message",
                "attempts",
                "worker_version",
                "last_failed_at",
            ),
        ),
        Group("settled_offset", ("settled_as", "settled_at", "settled_digest")),
        Group("record_offset", ("key", "value", "truncated", "headers", "digest")),
    ),
    least=("first_failed_at",),
)
FAILURE = Merge(failures, least=("failed_at",))


def project(event: Event[DeadLetter], record: Record) -> Sequence[Change]:
    """The letter's row: a failure opens it and brings its bytes, a settlement closes it."""
    data = event.data
    settled = data.settled
    row = {
        "topic": record.topic,
        "role": data.role,
        "letter_id": event.id,
        "latest_offset": record.offset,
        "partition": record.partition,
        "origin_topic": data.origin.topic,
        "origin_partition": data.origin.partition,
        "origin_offset": data.origin.offset,
        "source_name": data.origin.source_name,
        "record_id": data.origin.record_id,
        "error_class": data.error_class.value,
        "message": data.message,
        "attempts": data.attempts,
        "worker_version": data.worker_version,
        "first_failed_at": data.first_failed_at,
        "last_failed_at": data.last_failed_at,
        "settled_offset": record.offset if settled else None,
        "settled_as": settled.outcome.value if settled else None,
        "settled_at": settled.settled_at if settled else None,
        "record_offset": None if settled else record.offset,
        "key": None if settled else data.key,
        "value": None if settled else data.value,
        "truncated": None if settled else data.truncated,
        "headers": None if settled else data.headers,
        "settled_digest": data.digest if settled else None,
        "digest": None if settled else data.content,
    }
    if settled or not data.came_from_a_source:
        return (Change(DEAD_LETTER, row),)
    failure = {name: row[name] for name in ("topic", "role", "letter_id", "record_offset")}
    return (
        Change(DEAD_LETTER, row),
        Change(FAILURE, failure | {"failed_at": data.last_failed_at}),
    )
