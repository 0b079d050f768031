"""A letter in words for a terminal, and as data for a program. Pure."""

import base64
from collections.abc import Iterator
from typing import Any

from schemas.platform import DeadLetter
from workers.letters.letter import Letter
from workers.letters.text import as_text, escaped, hexadecimal

__all__ = ["as_data", "full", "line", "state"]

_MESSAGE = 120


def state(letter: Letter) -> str:
    """``open``, ``replayed`` or ``dropped``."""
    return letter.settled.outcome.value if letter.settled else "open"


def line(letter: Letter) -> str:
    """The letter in one line: id, topic, error, attempts, last failure, message.

    The id says the place of the record in its topic, or the source and its record.
    """
    data = letter.data
    message = escaped(data.message)
    if len(message) > _MESSAGE:
        message = message[: _MESSAGE - 1] + "…"
    attempts = "1 attempt" if data.attempts == 1 else f"{data.attempts} attempts"
    mark = f"  [{state(letter)}]" if letter.settled else ""
    return (
        f"{data.last_failed_at:%Y-%m-%d %H:%M:%S}  {escaped(letter.id)}  {data.origin.topic}  "
        f"{data.error_class.value}  {attempts}{mark}  {message}"
    )


def full(letter: Letter, raw: DeadLetter) -> str:
    """Everything about the letter, its raw bytes last."""
    facts = "\n".join(f"{name + ':':<15} {value}" for name, value in _facts(letter, raw))
    headers = "".join(f"\n  {escaped(name)}: {value}" for name, value in _headers(raw))
    cut = "\n  and more, which were not kept" if raw.headers_truncated else ""
    return f"{facts}\nheaders:{headers + cut or '        none'}\n\n{_body(raw)}"


def _headers(raw: DeadLetter) -> Iterator[tuple[str, str]]:
    if raw.raw_headers is None:
        yield from ((name, escaped(value)) for name, value in raw.headers.items())
        return
    for one in raw.raw_headers:
        if one.value is None:
            yield one.name, "(null)"
        elif as_text(one.value) is None:
            yield one.name, f"(hexadecimal) {one.value.hex()}"
        else:
            yield one.name, escaped(one.value.decode())


def _facts(letter: Letter, raw: DeadLetter) -> Iterator[tuple[str, str]]:
    origin = raw.origin
    yield "id", escaped(letter.id)
    yield "state", state(letter) + (f" {letter.settled.settled_at}" if letter.settled else "")
    yield "error", raw.error_class.value
    yield "message", escaped(raw.message)
    yield "topic", origin.topic
    if origin.offset >= 0:
        yield "partition", str(origin.partition)
        yield "offset", str(origin.offset)
    if origin.source_name:
        yield "source", escaped(origin.source_name)
    if origin.record_id:
        yield "record", escaped(origin.record_id)
    if raw.key is not None:
        text = as_text(raw.key)
        yield "key", f"{raw.key.hex()} (hexadecimal)" if text is None else text
    yield "attempts", str(raw.attempts)
    yield "first failed", str(raw.first_failed_at)
    yield "last failed", str(raw.last_failed_at)
    yield "role", f"{escaped(raw.role)} {escaped(raw.worker_version)}"
    yield "letter stands", f"{letter.topic}, partition {letter.partition}, offset {letter.offset}"


def _body(raw: DeadLetter) -> str:
    if raw.value_is_null:
        return "The record has no value: it is null."
    if not raw.value:
        return "The record is empty."
    cut = ", cut when it was kept" if raw.truncated else ""
    text = as_text(raw.value)
    if text is not None:
        return f"The record ({len(raw.value)} bytes of text{cut}):\n{text}"
    return f"The record ({len(raw.value)} bytes, not text{cut}):\n{hexadecimal(raw.value)}"


def as_data(letter: Letter, raw: DeadLetter | None = None) -> dict[str, Any]:
    """The letter as JSON values; with ``raw`` also its bytes, in base64."""
    data = letter.data
    settled = letter.settled
    told: dict[str, Any] = {
        "id": letter.id,
        "state": state(letter),
        "settled_at": settled.settled_at.isoformat() if settled else None,
        "origin": data.origin.model_dump(mode="json"),
        "error_class": data.error_class.value,
        "message": data.message,
        "attempts": data.attempts,
        "first_failed_at": data.first_failed_at.isoformat(),
        "last_failed_at": data.last_failed_at.isoformat(),
        "role": data.role,
        "worker_version": data.worker_version,
        "size": letter.size,
        "truncated": data.truncated,
        "stands": {
            "topic": letter.topic,
            "partition": letter.partition,
            "offset": letter.offset,
        },
    }
    if raw is not None:
        key = raw.key
        told["headers"] = raw.headers
        told["headers_base64"] = _base64_headers(raw)
        told["headers_truncated"] = raw.headers_truncated
        told["key_base64"] = None if key is None else _base64(key)
        told["value_base64"] = None if raw.value_is_null else _base64(raw.value)
    return told


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _base64_headers(raw: DeadLetter) -> list[tuple[str, str | None]] | None:
    if raw.raw_headers is None:
        return None
    return [
        (one.name, None if one.value is None else _base64(one.value)) for one in raw.raw_headers
    ]
