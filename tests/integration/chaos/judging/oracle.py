"""What an undisturbed run makes of the records of a worker's inputs: a plain fold.

It knows neither chunks nor the clock nor how the inputs were mixed: each output belongs to one
input, the sum over both does not depend on their order, and in the end every sitting is over.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from kafka.partitioner.default import murmur2

__all__ = ["Result", "event", "observed", "undisturbed"]

_ITEMS = 40
_PARTITIONS = 4
_PER_SITTING = 6
"""Events of an item before its next sitting: four on the first input, two on the other."""


@cache
def _key(item: int, sitting: int, prefix: bytes = b"") -> bytes:
    """A key that Kafka's clients put into the partition of its item, so that they take turns."""
    keys = (prefix + f"item-{item}/{sitting}-{turn}".encode() for turn in count())
    wanted = item % _PARTITIONS
    return next(key for key in keys if (murmur2(key) & 0x7FFFFFFF) % _PARTITIONS == wanted)


Said = tuple[int | None, int]
"""Number (none in the sum at the end) and how many of the sitting there had been."""


@dataclass(frozen=True, order=True)
class Dead:
    """A dead letter: its id (topic, partition, offset) and what it says of the record."""

    letter: str
    error_class: str
    key: bytes
    value: bytes
    attempts: int
    role: str


@dataclass
class Result:
    """Outputs in the order of each sitting, the latest row of each name, the dead letters."""

    said: dict[tuple[str, str], list[Said]] = field(default_factory=dict)
    """By input and key."""
    rows: dict[str, int] = field(default_factory=dict)
    dead: list[Dead] = field(default_factory=list)

    def identities(self) -> Counter[object]:
        """What must be there once: each event and sum by its sitting, each letter by its id."""
        events = [(sitting, number) for sitting, row in self.said.items() for number, _ in row]
        return Counter([*events, *(one.letter for one in self.dead)])


def event(number: int, *, poison: bool | None = None) -> tuple[int, bytes, bytes | None]:
    """Which input, key and value a number has; about one in forty is poison, of four kinds."""
    item, turn = number % _ITEMS, number // _ITEMS
    sitting, within = turn // _PER_SITTING, turn % _PER_SITTING
    place = int(within % 3 == 2)
    key = _key(item, sitting)
    last = within >= _PER_SITTING - 2
    value = json.dumps({"n": number, "last": last}).encode()
    if not (number % 41 == 40 if poison is None else poison):
        return place, key, value
    kind = number // 41 % 4
    if kind == 0:
        return place, key, b"\xff not json"
    if kind == 1:
        return place, key, json.dumps({"n": -number - 1, "last": last}).encode()
    if kind == 2:
        return place, key, None
    return place, _key(item, sitting, b"\xff\xfe"), value


def undisturbed(records: Iterable[Any], role: str) -> Result:
    """Fold the inputs, each partition in its order, without any of the code under test."""
    result = Result()
    sittings: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for record in records:
        raw = record.value or b""
        identity = f"{record.topic}/{record.partition}/{record.offset}"
        try:
            key = record.key.decode()
            found = json.loads(raw)
        except ValueError:
            result.dead.append(Dead(identity, "decode", record.key, raw, 1, role))
            continue
        if found["n"] < 0:
            result.dead.append(Dead(identity, "process", record.key, raw, 1, role))
            continue
        name = f"{record.topic} {key}"
        sittings[name] += 1
        items[key.split("/")[0]] += 1
        said = result.said.setdefault((record.topic, key), [])
        said.append((found["n"], sittings[name]))
        if found["last"]:
            said.append((None, sittings.pop(name)))
    result.rows = {**sittings, **items}
    result.dead.sort()
    return result


def observed(outputs: Sequence[Any], rows: Sequence[Any], letters: Sequence[Any]) -> Result:
    """The same from the worker's committed output, changelog and dead letters."""
    result = Result()
    for record in outputs:
        value = json.loads(record.value)
        said = result.said.setdefault((value["source"], record.key.decode()), [])
        said.append((value["n"], value["count"]))
    for record in rows:
        if record.value is None:
            result.rows.pop(record.key.decode(), None)
        else:
            result.rows[record.key.decode()] = json.loads(record.value)["count"]
    for record in letters:
        letter = json.loads(record.value)
        data = letter["data"]
        key, raw = b64decode(data["key"]), b64decode(data["value"])
        said_by = (data["attempts"], data["role"])
        result.dead.append(Dead(letter["id"], data["error_class"], key, raw, *said_by))
    result.dead.sort()
    return result
