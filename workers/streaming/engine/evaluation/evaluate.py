"""What a chunk gives rise to: decode, process, set aside what is bad. Pure.

Invariant 2: a record that cannot be decoded, or an event that cannot be handled, becomes a dead
letter and never holds up its neighbours. A processor that raises, or emits what no topic takes,
is asked again event by event, so that exactly the culprit is set aside.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from schemas.platform import ErrorClass
from schemas.topics import MAX_RECORD_BYTES
from workers.processor import Emission, Malformed, Outcome, Processor, Record
from workers.streaming.engine.evaluation.overlay import Overlay

__all__ = ["Dead", "Decoded", "Evaluated", "OversizedError", "decode", "evaluate", "record_bytes"]

E = TypeVar("E")
S = TypeVar("S")

_RECORD_OVERHEAD = 128
"""Bytes of a record beside key and value, generously."""


class OversizedError(ValueError):
    """An emission or a state row is larger than a topic takes."""


@dataclass(frozen=True, slots=True)
class Dead:
    """A record to be dead-lettered, and why."""

    record: Record
    error_class: ErrorClass
    message: str


@dataclass(frozen=True, slots=True)
class Decoded(Generic[E]):
    """What records hold."""

    events: Sequence[E]
    records: Sequence[Record]
    """The record of each event."""
    dead: Sequence[Dead] = ()
    """Records that hold no event."""


@dataclass(slots=True)
class Evaluated(Generic[S]):
    """Everything that a transaction has to write, and what to count once it is committed."""

    emissions: list[Emission] = field(default_factory=list)
    changes: dict[str, S | None] = field(default_factory=dict)
    encoded: dict[bytes, bytes | None] = field(default_factory=dict)
    """The changes as keys and values of changelog records."""
    dead: list[Dead] = field(default_factory=list)
    counts: Counter[tuple[str, Hashable]] = field(default_factory=Counter)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to write but offsets."""
        return not (self.emissions or self.encoded or self.dead)

    def extend(self, later: "Evaluated[S]") -> None:
        """Append what came after."""
        self.emissions += later.emissions
        self.changes |= later.changes
        self.encoded |= later.encoded
        self.dead += later.dead
        self.counts.update(later.counts)


def decode(processor: Processor[E, S], records: Sequence[Record]) -> Decoded[E]:
    """The events of the records, and the records that are none."""
    one = processor.decode
    try:
        return Decoded([one(record) for record in records], records)
    except Exception:  # noqa: BLE001 - whatever it is, one of them is no event
        return _decode_one_by_one(processor, records)


def _decode_one_by_one(processor: Processor[E, S], records: Sequence[Record]) -> Decoded[E]:
    events: list[E] = []
    good: list[Record] = []
    dead: list[Dead] = []
    for record in records:
        try:
            events.append(processor.decode(record))
        except Malformed as error:
            dead.append(Dead(record, ErrorClass.DECODE, str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is no event
            dead.append(Dead(record, ErrorClass.DECODE, _named(error)))
        else:
            good.append(record)
    return Decoded(events, good, dead)


def evaluate(
    processor: Processor[E, S],
    events: Sequence[E],
    records: Sequence[Record],
    state: Mapping[str, S],
    now: int,
) -> Evaluated[S]:
    """Process decoded events against ``state``, which is left as it is.

    ``records`` are those of the first events, one each; the events after them were reported by
    a side effect, and an error in one of those is an error of ours and raised. ``now`` is stream
    time.
    """
    try:
        return _evaluate(processor, events, records, state, now)
    except Exception:
        if not records:
            raise
        return _one_by_one(processor, events, records, state, now)


def _one_by_one(
    processor: Processor[E, S],
    events: Sequence[E],
    records: Sequence[Record],
    state: Mapping[str, S],
    now: int,
) -> Evaluated[S]:
    """Each event on its own, seeing the changes of those before it."""
    result: Evaluated[S] = Evaluated()
    for index, event in enumerate(events):
        seen = Overlay(result.changes, state)
        own = records[index : index + 1]
        try:
            result.extend(_evaluate(processor, [event], own, seen, now))
        except Exception as error:
            if not own:
                raise
            oversized = isinstance(error, OversizedError)
            error_class = ErrorClass.OVERSIZED if oversized else ErrorClass.PROCESS
            result.dead.append(Dead(own[0], error_class, _named(error)))
    return result


def _evaluate(
    processor: Processor[E, S],
    events: Sequence[E],
    records: Sequence[Record],
    state: Mapping[str, S],
    now: int,
) -> Evaluated[S]:
    outcome: Outcome[S] = processor.process(events, state, now)
    for emission in outcome.emissions:
        _check_size(emission.topic, emission.key, emission.value)
    result: Evaluated[S] = Evaluated(
        emissions=list(outcome.emissions), changes=dict(outcome.changes)
    )
    result.encoded = _encode(processor, outcome.changes)
    result.counts.update(outcome.counts)
    for rejection in outcome.rejected:
        if rejection.index >= len(records):
            raise ValueError(f"an event of a side effect was rejected: {rejection.reason}")
        result.dead.append(Dead(records[rejection.index], ErrorClass.PROCESS, rejection.reason))
    return result


def _encode(
    processor: Processor[Any, S], changes: Mapping[str, S | None]
) -> dict[bytes, bytes | None]:
    if not changes:
        return {}
    if processor.changelog is None:
        raise TypeError(f"processor {processor.name} changes state but declares no changelog")
    encode, topic = processor.codec.encode, processor.changelog.name
    encoded: dict[bytes, bytes | None] = {}
    for name, row in changes.items():
        key = name.encode()
        if row is None:
            encoded[key] = None
            continue
        encoded[key] = raw = encode(row)
        _check_size(topic, key, raw)
    return encoded


def record_bytes(key: bytes, value: bytes) -> int:
    """Bytes that a record takes of what its topic allows, rather too many than too few."""
    return len(key) + len(value) + _RECORD_OVERHEAD


def _check_size(topic: str, key: bytes, value: bytes) -> None:
    size = record_bytes(key, value)
    if size > MAX_RECORD_BYTES:
        raise OversizedError(f"{size} bytes for {topic}: a record may have {MAX_RECORD_BYTES}")


def _named(error: Exception) -> str:
    """The error without what it quotes: pydantic's messages hold the customer's words."""
    locations = getattr(error, "errors", None)
    if callable(locations):
        found = locations(include_url=False, include_context=False, include_input=False)
        return "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'record'}: {one['msg']}"
            for one in found[:5]
        )
    if isinstance(error, OversizedError):
        return str(error)
    return f"{type(error).__name__} at {_place(error)}"


def _place(error: Exception) -> str:
    """File and line where it was raised: enough to find it, none of the data."""
    frame = error.__traceback__
    if frame is None:
        return "an unknown place"
    while frame.tb_next is not None:
        frame = frame.tb_next
    name = frame.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{name}:{frame.tb_lineno}"
