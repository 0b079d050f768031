"""The reference jobs as processors of the platform."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from schemas.topics import Cleanup, Topic
from workers.processor import Emission, Malformed, Outcome, Record

__all__ = ["CHANGELOG", "EXPOSURES", "TALLIES", "Parse", "Stateful"]

EXPOSURES = Topic("bench.exposure.recorded.v1", "unit", "exposures")
TALLIES = Topic("bench.tally.changed.v1", "experiment", "cumulative counts of one partition")
CHANGELOG = Topic("bench.changelog.v1", "unit", "first exposures", cleanup=Cleanup.COMPACT)


class Exposure(msgspec.Struct):
    """An exposure as JSON has it."""

    id: str
    unit: str
    experiment: str
    variant: str
    at: int


class RawCodec:
    """Rows are bytes already."""

    def encode(self, row: bytes, /) -> bytes:
        return row

    def decode(self, raw: bytes, /) -> bytes:
        return raw


class Parse:
    """Parses and counts; no state, nothing emitted."""

    name = "bench-parse"
    inputs: Sequence[Topic] = (EXPOSURES,)
    outputs: Sequence[Topic] = ()
    changelog: Topic | None = None
    codec = RawCodec()

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Exposure).decode
        self.seen = 0

    def decode(self, record: Record, /) -> Exposure:
        try:
            return self._decode(record.value or b"")
        except msgspec.DecodeError as error:
            raise Malformed(str(error)) from error

    def event_time(self, event: Exposure, /) -> int:
        return event.at

    def process(
        self, events: Sequence[Exposure], state: Mapping[str, Any], now: int, /
    ) -> Outcome[Any]:
        del state, now
        self.seen += len(events)
        return Outcome()


class Stateful(Parse):
    """Keeps each unit's first exposure; emits cumulative counts by variant a chunk."""

    name = "bench-stateful"
    outputs: Sequence[Topic] = (TALLIES,)
    changelog: Topic | None = CHANGELOG

    def process(
        self, events: Sequence[Exposure], state: Mapping[str, bytes], now: int, /
    ) -> Outcome[bytes]:
        del now
        changes: dict[str, bytes | None] = {}
        tallies: dict[str, int] = {}
        for event in events:
            unit = event.unit
            if unit in state or unit in changes:
                continue
            changes[unit] = f"{event.experiment}/{event.variant}/{event.at}".encode()
            name = f"{event.experiment}/{event.variant}"
            tallies[name] = tallies.get(name, 0) + 1
        emissions = [
            Emission(TALLIES.name, name.encode(), str(count).encode())
            for name, count in tallies.items()
        ]
        return Outcome(emissions, changes)
