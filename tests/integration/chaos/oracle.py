"""What an undisturbed run makes of the records of a counting worker's input: a plain fold."""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from kafka.partitioner.default import murmur2

__all__ = ["KEYS", "Result", "event", "observed", "undisturbed"]

KEYS = 40
PARTITIONS = 4


def _key(number: int, prefix: bytes = b"") -> bytes:
    """A key that Kafka's clients put into the partition of its number, so that they take turns."""
    keys = (prefix + f"key-{number}-{turn}".encode() for turn in count())
    wanted = number % PARTITIONS
    return next(key for key in keys if (murmur2(key) & 0x7FFFFFFF) % PARTITIONS == wanted)


_KEYS = [_key(number) for number in range(KEYS)]
_NO_TEXT = [_key(number, b"\xff\xfe") for number in range(KEYS)]

Said = tuple[str, int, int]
"""Key, number, and how many of that key there had been."""
Dead = tuple[str, str, bytes]
"""Id (topic, partition, offset), class of error, raw value."""


@dataclass
class Result:
    """Outputs in the order of each key, the latest row of each key, the dead letters."""

    said: dict[str, list[Said]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    dead: list[Dead] = field(default_factory=list)

    def identities(self) -> Counter[object]:
        """What must be there once: each event by key and number, each letter by its origin."""
        events = [(key, number) for row in self.said.values() for key, number, _ in row]
        return Counter([*events, *(letter for letter, _, _ in self.dead)])


def event(number: int, *, poison: bool | None = None) -> tuple[bytes, bytes | None]:
    """The input record of a number; about one in forty is poison, of four kinds in turn."""
    key = _KEYS[number % KEYS]
    if not (number % 41 == 40 if poison is None else poison):
        return key, json.dumps({"n": number}).encode()
    kind = number // 41 % 4
    if kind == 0:
        return key, b"\xff not json"
    if kind == 1:
        return key, json.dumps({"n": -number - 1}).encode()
    if kind == 2:
        return key, None
    return _NO_TEXT[number % KEYS], json.dumps({"n": number}).encode()


def undisturbed(records: Iterable[Any]) -> Result:
    """Fold the input, each partition in its order, without any of the code under test."""
    result = Result()
    for record in records:
        identity = f"{record.topic}/{record.partition}/{record.offset}"
        raw = record.value or b""
        try:
            key = record.key.decode()
            number = json.loads(raw)["n"]
        except ValueError:
            result.dead.append((identity, "decode", raw))
            continue
        if number < 0:
            result.dead.append((identity, "process", raw))
            continue
        count = result.rows[key] = result.rows.get(key, 0) + 1
        result.said.setdefault(key, []).append((key, number, count))
    result.dead.sort()
    return result


def observed(outputs: Sequence[Any], rows: Sequence[Any], letters: Sequence[Any]) -> Result:
    """The same from the worker's committed output, changelog and dead letters."""
    result = Result()
    for record in outputs:
        key, value = record.key.decode(), json.loads(record.value)
        result.said.setdefault(key, []).append((key, value["n"], value["count"]))
    result.rows = {record.key.decode(): int(record.value) for record in rows}
    for record in letters:
        letter = json.loads(record.value)
        data = letter["data"]
        result.dead.append((letter["id"], data["error_class"], b64decode(data["value"])))
    result.dead.sort()
    return result
