"""A worker of the platform that counts events by key; run by the tests as a process of its own.

It can be told to end itself by SIGKILL after a numbered step of the protocol.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import Cleanup, Topic
from tests.integration.streaming.worker_process import options_parser, run_worker
from workers.processor import Emission, Malformed, Outcome, Record

PARTITIONS = 4


def topics(name: str) -> tuple[Topic, Topic, Topic, Topic]:
    """Input, output, changelog and dead letters of a counting worker of this name."""
    return (
        Topic(f"test.{name}.in.v1", "key", "input"),
        Topic(f"test.{name}.out.v1", "key", "output"),
        Topic(f"test.{name}.changelog.v1", "key", "state", cleanup=Cleanup.COMPACT),
        Topic(f"test.{name}.in.v1.dlq", "key", "dead letters"),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """An input event."""

    key: str
    number: int
    time: int


class IntegerCodec:
    """Rows are integers."""

    def encode(self, row: int, /) -> bytes:
        """The number as text."""
        return str(row).encode()

    def decode(self, raw: bytes, /) -> int:
        """The number."""
        return int(raw)


class Counting:
    """Emits, for each event, its key with how many of that key there have been."""

    codec = IntegerCodec()

    def __init__(self, name: str) -> None:
        self.name = name
        source, target, changelog, _ = topics(name)
        self.inputs: Sequence[Topic] = (source,)
        self.outputs: Sequence[Topic] = (target,)
        self.changelog: Topic | None = changelog

    def decode(self, record: Record, /) -> Said:
        """The event; anything but ``{"n": number}`` is malformed."""
        try:
            number = json.loads(record.value or b"")["n"]
        except (ValueError, TypeError, KeyError) as error:
            raise Malformed("no number n") from error
        return Said((record.key or b"").decode(), number, record.timestamp)

    def event_time(self, event: Said, /) -> int:
        """When it was written."""
        return event.time

    def process(
        self, events: Sequence[Said], state: Mapping[str, int], now: int, /
    ) -> Outcome[int]:
        """Count; an event with a negative number cannot be handled and raises."""
        del now
        changes: dict[str, int | None] = {}
        emissions: list[Emission] = []
        for event in events:
            if event.number < 0:
                raise ArithmeticError(event.number)
            count = (changes.get(event.key) or state.get(event.key, 0)) + 1
            changes[event.key] = count
            value = json.dumps({"n": event.number, "count": count}).encode()
            emissions.append(Emission(self.outputs[0].name, event.key.encode(), value))
        return Outcome(emissions, changes)


if __name__ == "__main__":
    told = options_parser().parse_args()
    asyncio.run(run_worker(Counting(told.name), told))
