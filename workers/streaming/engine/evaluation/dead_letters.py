"""A dead record as an event on its topic's dead-letter topic. Pure.

The letter's id is its origin (topic, partition, offset), so that a repeated failure of the
same record is the same letter. A record that was replayed carries its origin with it: when it
fails again, it is the same letter too, with one attempt more.

A letter has to fit a record whatever the dead one held. Its text, its own key and the headers
that are there to be looked at take 190 KiB at most; the rest of a MiB is for what is kept raw, in
base64: the value first, then the key, then as many headers as there is room for.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime

from schemas.envelope import Event
from schemas.platform import DeadLetter, Origin, RawHeader
from schemas.topics import dead_letter_topic
from schemas.trace import child, found_in
from workers import __version__
from workers.processor import Emission
from workers.streaming.engine.evaluation.evaluate import Dead
from workers.streaming.replayed import PREFIX, Replayed, place

__all__ = ["MAX_RAW_BYTES", "letter"]

MAX_RAW_BYTES = 512 * 1024
"""Raw bytes kept of a value: base64 makes them 683 KiB."""
_MAX_TEXT = 832 * 1024
"""Bytes of everything that is kept raw, as it is written in the letter."""
_HEADER_TEXT = len('{"name":,"value":""},')
_MAX_HEADERS = 32
_MAX_HEADER_CHARS = 256


def letter(dead: Dead, *, role: str, now: int) -> Emission:
    """The dead letter of a record; ``now`` in milliseconds."""
    record = dead.record
    topic = dead_letter_topic(record.topic)
    raw = record.value or b""
    value, room = _kept(raw[:MAX_RAW_BYTES], _MAX_TEXT)
    key, room = _kept(record.key or b"", room)
    moment = datetime.fromtimestamp(now / 1000, tz=UTC)
    before = Replayed.read(record.topic, record.headers)
    if before is None:
        origin = Origin(topic=record.topic, partition=record.partition, offset=record.offset)
    else:
        origin = Origin(topic=before.topic, partition=before.partition, offset=before.offset)
    identity = place(origin.topic, origin.partition, origin.offset)
    own = [(name, value) for name, value in record.headers if not name.startswith(PREFIX)]
    headers = _fitting(own, room)
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
            key=b64encode(key) if record.key is not None else None,
            value=b64encode(value),
            value_is_null=record.value is None,
            truncated=len(value) < len(raw) or len(key) < len(record.key or b""),
            headers={
                name[:_MAX_HEADER_CHARS]: (value or b"").decode("utf-8", "replace")[
                    :_MAX_HEADER_CHARS
                ]
                for name, value in own[:_MAX_HEADERS]
            },
            raw_headers=headers,
            headers_truncated=len(headers) < len(own),
            attempts=before.attempts + 1 if before else 1,
            role=role,
            worker_version=__version__,
            first_failed_at=min(before.first_failed_at, moment) if before else moment,
            last_failed_at=moment,
        ),
    )
    short = record.key if record.key and len(record.key) < MAX_RAW_BYTES // 8 else None
    return Emission(topic, short or identity.encode(), event.to_json(), event, cause)


def _kept(raw: bytes, room: int) -> tuple[bytes, int]:
    """The beginning that fits, and the room that is left."""
    kept = raw[: room // 4 * 3]
    return kept, room - _text(kept)


def _text(raw: bytes) -> int:
    """Length in base64."""
    return (len(raw) + 2) // 3 * 4


def _fitting(headers: Iterable[tuple[str, bytes | None]], room: int) -> tuple[RawHeader, ...]:
    """The first headers that fit, each of them whole."""
    kept: list[RawHeader] = []
    for name, value in headers:
        room -= len(json.dumps(name)) + _text(value or b"") + _HEADER_TEXT
        if room < 0:
            break
        kept.append(RawHeader(name=name, value=None if value is None else b64encode(value)))
    return tuple(kept)
