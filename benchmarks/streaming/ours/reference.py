"""The reference jobs as processors of the platform: plain JSON in, plain rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from ours.counted import COUNTED

from schemas.topics import Cleanup, Topic
from workers.processor import Emission, Malformed, Outcome, Record

__all__ = ["Latency", "Parse", "Stateful", "changelog_of", "output_of"]


def changelog_of(name: str) -> Topic:
    """The changelog of a run."""
    return Topic(f"{name}.changelog", "unit", "rows of a benchmark", cleanup=Cleanup.COMPACT)


def output_of(name: str) -> Topic:
    """What a run emits to."""
    return Topic(f"{name}.output", "benchmark", "what a benchmark emits")


class Exposure(msgspec.Struct):
    """An exposure as JSON has it."""

    id: str
    unit: str
    experiment: str
    variant: str
    at: int
    due: int = 0
    """When it was to be sent, by the machine's monotonic clock in ns; of the latency job."""


class RawCodec:
    """Rows are bytes already."""

    def encode(self, row: bytes, /) -> bytes:
        return row

    def decode(self, raw: bytes, /) -> bytes:
        return raw


class Parse:
    """Parses; no state, nothing emitted."""

    outputs: Sequence[Topic] = ()
    changelog: Topic | None = None
    codec = RawCodec()

    def __init__(self, name: str, topic: str) -> None:
        self.name = name
        self.inputs: Sequence[Topic] = (Topic(topic, "unit", "exposures"),)
        self._decode = msgspec.json.Decoder(Exposure).decode

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
        del events, state, now
        return Outcome()


class Stateful(Parse):
    """Keeps each unit's first exposure, and the counts by experiment and variant.

    The counts of a partition are rows like others, written with the chunk that changes them; what
    a chunk has added is emitted, too.
    """

    def __init__(self, name: str, topic: str) -> None:
        super().__init__(name, topic)
        self.changelog = changelog_of(name)
        self._output = output_of(name)
        self.outputs = (self._output,)

    def process(
        self, events: Sequence[Exposure], state: Mapping[str, bytes], now: int, /
    ) -> Outcome[bytes]:
        del now
        changes: dict[str, bytes | None] = {}
        added: dict[str, int] = {}
        for event in events:
            unit = event.unit
            if unit in state or unit in changes:
                continue
            name = f"{event.experiment}/{event.variant}"
            changes[unit] = f"{name}/{event.at}".encode()
            added[name] = added.get(name, 0) + 1
        for name, more in added.items():
            key = COUNTED + name
            changes[key] = str(int(state.get(key, b"0")) + more).encode()
        emissions = [
            Emission(self._output.name, name.encode(), str(more).encode())
            for name, more in added.items()
        ]
        return Outcome(emissions, changes)


class Latency(Stateful):
    """The stateful job that also answers each event with one of its own: when it was due."""

    def process(
        self, events: Sequence[Exposure], state: Mapping[str, bytes], now: int, /
    ) -> Outcome[bytes]:
        kept = super().process(events, state, now)
        topic = self._output.name
        answers = [
            Emission(topic, event.unit.encode(), str(event.due).encode()) for event in events
        ]
        return Outcome(answers, kept.changes)
