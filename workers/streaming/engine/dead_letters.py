"""A dead record as an event on its topic's dead-letter topic. Pure.

The letter's id is its origin (topic, partition, offset), so that a repeated failure of the
same record is the same letter.
"""

from base64 import b64encode
from datetime import UTC, datetime

from schemas.envelope import Event
from schemas.platform import DeadLetter, Origin
from schemas.topics import dead_letter_topic
from workers import __version__
from workers.processor import Emission
from workers.streaming.engine.evaluate import Dead

__all__ = ["MAX_RAW_BYTES", "letter"]

MAX_RAW_BYTES = 512 * 1024
"""Raw bytes kept: base64 makes them 683 KiB, which fits a record with room for the rest."""
_MAX_HEADERS = 32
_MAX_HEADER_CHARS = 256


def letter(dead: Dead, *, role: str, now: int) -> Emission:
    """The dead letter of a record; ``now`` in milliseconds."""
    record = dead.record
    topic = dead_letter_topic(record.topic)
    raw = record.value or b""
    moment = datetime.fromtimestamp(now / 1000, tz=UTC)
    identity = f"{record.topic}/{record.partition}/{record.offset}"
    event = Event[DeadLetter](
        id=identity,
        source=f"/workers/{role}",
        type=topic,
        time=moment,
        partitionkey=identity,
        data=DeadLetter(
            origin=Origin(topic=record.topic, partition=record.partition, offset=record.offset),
            error_class=dead.error_class,
            message=dead.message[:2_000],
            key=b64encode(record.key[:MAX_RAW_BYTES]) if record.key is not None else None,
            value=b64encode(raw[:MAX_RAW_BYTES]),
            truncated=len(raw) > MAX_RAW_BYTES,
            headers={
                name[:_MAX_HEADER_CHARS]: value.decode("utf-8", "replace")[:_MAX_HEADER_CHARS]
                for name, value in list(record.headers)[:_MAX_HEADERS]
            },
            role=role,
            worker_version=__version__,
            first_failed_at=moment,
            last_failed_at=moment,
        ),
    )
    key = record.key if record.key and len(record.key) < MAX_RAW_BYTES // 8 else identity.encode()
    return Emission(topic, key, event.to_json(), event)
