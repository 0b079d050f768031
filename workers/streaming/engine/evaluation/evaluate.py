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

__all__ = ["Dead", "Evaluated", "OversizedError", "decode", "evaluate"]

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


@dataclass(slots=True)
class Evaluated(Generic[S]):
    """Everything that a transaction has to write, and what to count once it is committed."""

    emissions: list[Emission] = field(default_factory=list)
    changes: dict[str, S | None] = field(default_factory=dict)
    encoded: dict[str, bytes | None] = field(default_factory=dict)
    """The changes as changelog values."""
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


def decode(
    processor: Processor[E, S], records: Sequence[Record]
) -> tuple[list[tuple[Record | None, E]], list[Dead]]:
    """The events of the records, each with its record, and the records that are none."""
    events: list[tuple[Record | None, E]] = []
    dead: list[Dead] = []
    for record in records:
        try:
            events.append((record, processor.decode(record)))
        except Malformed as error:
            dead.append(Dead(record, ErrorClass.DECODE, str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is no event
            dead.append(Dead(record, ErrorClass.DECODE, _named(error)))
    return events, dead


def evaluate(
    processor: Processor[E, S],
    events: Sequence[tuple[Record | None, E]],
    state: Mapping[str, S],
    now: int,
) -> Evaluated[S]:
    """Process decoded events against ``state``, which is left as it is.

    ``events`` come with their record; events that a side effect reported have none, and an
    error in one of those is an error of ours and raised. ``now`` is stream time.
    """
    try:
        return _evaluate(processor, events, state, now)
    except Exception:
        if not events or (len(events) == 1 and events[0][0] is None):
            raise
        return _one_by_one(processor, events, state, now)


def _one_by_one(
    processor: Processor[E, S],
    events: Sequence[tuple[Record | None, E]],
    state: Mapping[str, S],
    now: int,
) -> Evaluated[S]:
    """Each event on its own, seeing the changes of those before it."""
    result: Evaluated[S] = Evaluated()
    for record, event in events:
        seen = Overlay(result.changes, state)
        try:
            result.extend(_evaluate(processor, [(record, event)], seen, now))
        except Exception as error:
            if record is None:
                raise
            oversized = isinstance(error, OversizedError)
            error_class = ErrorClass.OVERSIZED if oversized else ErrorClass.PROCESS
            result.dead.append(Dead(record, error_class, _named(error)))
    return result


def _evaluate(
    processor: Processor[E, S],
    events: Sequence[tuple[Record | None, E]],
    state: Mapping[str, S],
    now: int,
) -> Evaluated[S]:
    outcome: Outcome[S] = processor.process([event for _, event in events], state, now)
    for emission in outcome.emissions:
        _check_size(emission.topic, emission.key, emission.value)
    result: Evaluated[S] = Evaluated(
        emissions=list(outcome.emissions), changes=dict(outcome.changes)
    )
    result.encoded = _encode(processor, outcome.changes)
    result.counts.update(outcome.counts)
    for rejection in outcome.rejected:
        record = events[rejection.index][0]
        if record is None:
            raise ValueError(f"an event of a side effect was rejected: {rejection.reason}")
        result.dead.append(Dead(record, ErrorClass.PROCESS, rejection.reason))
    return result


def _encode(
    processor: Processor[Any, S], changes: Mapping[str, S | None]
) -> dict[str, bytes | None]:
    if not changes:
        return {}
    if processor.changelog is None:
        raise TypeError(f"processor {processor.name} changes state but declares no changelog")
    encode = processor.codec.encode
    encoded: dict[str, bytes | None] = {}
    for key, row in changes.items():
        raw = None if row is None else encode(row)
        if raw is not None:
            _check_size(processor.changelog.name, key.encode(), raw)
        encoded[key] = raw
    return encoded


def _check_size(topic: str, key: bytes, value: bytes) -> None:
    size = len(key) + len(value) + _RECORD_OVERHEAD
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
