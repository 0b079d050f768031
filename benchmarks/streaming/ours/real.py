"""The same jobs as the real workers have them.

Events come and go in the CloudEvents envelope, read and written with pydantic; a unit's row holds
the identities of its events for the horizon, so that what the world repeats changes nothing; each
unit that changes is told in an event of its own, in its next revision. Decoding, rows and
identities follow ``workers/feedback``, whose functions are used where they are not about feedback.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ours.reference import changelog_of, output_of
from pydantic import ValidationError

from schemas.envelope import Data, Event
from schemas.topics import Topic
from workers.feedback.chunk import milliseconds, moment
from workers.feedback.item.identity import (
    NOTHING_SEEN,
    day_of,
    digest,
    has_seen,
    packed,
    remembered,
    unpacked,
)
from workers.processor import Emission, Malformed, Outcome, Record

__all__ = ["RealParse", "RealStateful"]

_FORMAT = 1


class UnitAssigned(Data):
    """A unit was shown a variant."""

    unit: str
    experiment: str
    variant: str
    context: str = ""


class UnitChanged(Data):
    """What is known of a unit now."""

    unit: str
    experiment: str
    variant: str
    first_at: int
    revision: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit's first exposure, and which events it has seen."""

    experiment: str
    variant: str
    first_at: int
    revision: int
    seen: bytes


class UnitCodec:
    """Rows as compact JSON arrays behind a format number."""

    def encode(self, row: UnitRow, /) -> bytes:
        seen = unpacked(row.seen)
        content = [_FORMAT, row.experiment, row.variant, row.first_at, row.revision, seen]
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, raw: bytes, /) -> UnitRow:
        number, experiment, variant, first_at, revision, seen = json.loads(raw)
        if number != _FORMAT:
            raise ValueError(f"a row of format {number!r}")
        return UnitRow(experiment, variant, first_at, revision, packed(seen))


_Assigned = Event[UnitAssigned]
_Changed = Event[UnitChanged]


class RealParse:
    """Reads envelopes; no state, nothing emitted."""

    outputs: Sequence[Topic] = ()
    changelog: Topic | None = None
    codec = UnitCodec()

    def __init__(self, name: str, topic: str) -> None:
        self.name = name
        self.inputs: Sequence[Topic] = (Topic(topic, "unit", "assignments"),)

    def decode(self, record: Record, /) -> Event[UnitAssigned]:
        try:
            event = _Assigned.model_validate_json(record.value or b"")
        except ValidationError as error:
            raise Malformed(f"{error.error_count()} problems") from None
        unit = event.data.unit
        if event.partitionkey != unit or record.key != unit.encode():
            raise Malformed("the record key is not data.unit")
        return event

    def event_time(self, event: Event[UnitAssigned], /) -> int:
        return milliseconds(event.time)

    def process(
        self, events: Sequence[Event[UnitAssigned]], state: Mapping[str, Any], now: int, /
    ) -> Outcome[Any]:
        del events, state, now
        return Outcome()


class RealStateful(RealParse):
    """Keeps first exposures and identities; tells each change of a unit."""

    def __init__(self, name: str, topic: str) -> None:
        super().__init__(name, topic)
        self.changelog = changelog_of(name)
        self._output = output_of(name)
        self.outputs = (self._output,)

    def process(
        self, events: Sequence[Event[UnitAssigned]], state: Mapping[str, UnitRow], now: int, /
    ) -> Outcome[UnitRow]:
        changes: dict[str, UnitRow | None] = {}
        emissions: list[Emission] = []
        today = day_of(now)
        for event in events:
            unit = event.data.unit
            row = changes.get(unit) or state.get(unit)
            identity = digest(event.identity)
            if row is None:
                at = self.event_time(event)
                row = UnitRow(event.data.experiment, event.data.variant, at, 0, NOTHING_SEEN)
            elif has_seen(row.seen, identity):
                continue
            seen = remembered(row.seen, identity, today)
            changes[unit] = row = replace(row, revision=row.revision + 1, seen=seen)
            emissions.append(self._changed(event, row))
        return Outcome(emissions, changes)

    def _changed(self, cause: Event[UnitAssigned], row: UnitRow) -> Emission:
        unit = cause.data.unit
        event = _Changed(
            id=f"changed/{unit}/{row.revision}",
            source=f"/workers/{self.name}",
            type=self._output.name,
            time=moment(milliseconds(cause.time)),
            subject=unit,
            partitionkey=unit,
            traceparent=cause.traceparent,
            data=UnitChanged(
                unit=unit,
                experiment=row.experiment,
                variant=row.variant,
                first_at=row.first_at,
                revision=row.revision,
            ),
        )
        return Emission.of(self._output, event)
