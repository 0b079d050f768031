"""A worker of the platform that counts events by key; run by the tests as a process of its own.

It can be told to end itself by SIGKILL after a numbered step of the protocol.
"""

import argparse
import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.topics import Cleanup, Topic
from workers.config.settings import KafkaSettings, MemorySettings
from workers.observability.metrics import Metrics
from workers.processor import Emission, Malformed, Outcome, Record
from workers.streaming.engine.probe import Step
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.worker import StreamWorker

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


@dataclass(slots=True)
class KillAt:
    """Ends or freezes the process after the given step of its ``after``-th chunk."""

    step: int
    after: int
    sent: signal.Signals = signal.SIGKILL
    seen: int = 0

    async def __call__(self, step: Step, _partition: int, /) -> None:
        """See ``Probe``."""
        if step == self.step:
            self.seen += 1
            if self.seen == self.after:
                os.kill(os.getpid(), self.sent)


async def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--kill-step", type=int, default=0)
    parser.add_argument("--kill-after", type=int, default=0)
    parser.add_argument("--kill-signal", default="SIGKILL")
    parser.add_argument("--chunk-records", type=int, default=50)
    parser.add_argument("--standby", action="store_true")
    options = parser.parse_args()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    worker = StreamWorker(
        Role(Counting(options.name)),
        KafkaSettings(servers=tuple(options.servers.split(","))),
        MetricsWatch("feedback", Metrics()),
        data_dir=Path("/nonexistent"),
        probe=KillAt(options.kill_step, options.kill_after, signal.Signals[options.kill_signal]),
        chunk_records=options.chunk_records,
        memory=MemorySettings(standby=options.standby),
    )
    await worker.run(stop)


if __name__ == "__main__":
    asyncio.run(main())
