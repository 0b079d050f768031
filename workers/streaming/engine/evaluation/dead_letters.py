"""A dead record as an event on its topic's dead-letter topic. Pure.

The letter's id is its origin (topic, partition, offset), so that a repeated failure of the
same record is the same letter. A record that was replayed carries its origin with it: when it
fails again, it is the same letter too, with one attempt more.
"""

from base64 import b64encode
from datetime import UTC, datetime

from schemas.envelope import Event
from schemas.platform import DeadLetter, Origin
from schemas.topics import dead_letter_topic
from schemas.trace import child, found_in
from workers import __version__
from workers.processor import Emission
from workers.streaming.engine.evaluation.evaluate import Dead
from workers.streaming.replayed import PREFIX, Replayed, place

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
    before = Replayed.read(record.topic, record.headers)
    if before is None:
        origin = Origin(topic=record.topic, partition=record.partition, offset=record.offset)
    else:
        origin = Origin(topic=before.topic, partition=before.partition, offset=before.offset)
    identity = place(origin.topic, origin.partition, origin.offset)
    own = [(name, value) for name, value in record.headers if not name.startswith(PREFIX)]
    cause, source = found_in(raw), f"/workers/{role}"
    event = Event[DeadLetter](
        id=identity,
        source=source,
        type=topic,
        time=moment,
        partitionkey=identity,
        traceparent=child(cause, f"{topic}#{source}#{identity}"),
        data=DeadLetter(
            origin=origin,
            error_class=dead.error_class,
            message=dead.message[:2_000],
            key=b64encode(record.key[:MAX_RAW_BYTES]) if record.key is not None else None,
            value=b64encode(raw[:MAX_RAW_BYTES]),
            truncated=max(len(raw), len(record.key or b"")) > MAX_RAW_BYTES,
            headers={
                name[:_MAX_HEADER_CHARS]: value.decode("utf-8", "replace")[:_MAX_HEADER_CHARS]
                for name, value in own[:_MAX_HEADERS]
            },
            attempts=before.attempts + 1 if before else 1,
            role=role,
            worker_version=__version__,
            first_failed_at=min(before.first_failed_at, moment) if before else moment,
            last_failed_at=moment,
        ),
    )
    key = record.key if record.key and len(record.key) < MAX_RAW_BYTES // 8 else identity.encode()
    return Emission(topic, key, event.to_json(), event, cause)
