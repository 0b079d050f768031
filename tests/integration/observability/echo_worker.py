"""A worker that passes events on, with logs, metrics and traces as in production.

Run by the tests as a process of its own. Standard output has a line of JSON for each chunk that
is committed, one of each task once what waits of it was measured, and the metrics at its end;
standard error has the log, with a line when the worker has become ready and one when it is told
to stop.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from prometheus_client import generate_latest

from schemas.envelope import Event
from schemas.notification import MessageRequested
from schemas.topics import Cleanup, Topic
from schemas.trace import accepted, child
from workers.config.settings import KafkaSettings
from workers.observability.logs import configure_logging
from workers.observability.metrics import Metrics
from workers.observability.tracing.choice import tracer_for
from workers.processor import Emission, Outcome, Record
from workers.streaming.engine.role import Role
from workers.streaming.engine.watch import ChunkDone
from workers.streaming.traced_watch import TracedWatch
from workers.streaming.worker import StreamWorker

Message = Event[MessageRequested]


def topics(name: str) -> tuple[Topic, Topic, Topic, Topic]:
    """Input, output, changelog and dead letters of a worker of this name."""
    return (
        Topic(f"test.{name}.in.v1", "key", "input"),
        Topic(f"test.{name}.out.v1", "key", "output"),
        Topic(f"test.{name}.changelog.v1", "key", "state", cleanup=Cleanup.COMPACT),
        Topic(f"test.{name}.in.v1.dlq", "key", "dead letters"),
    )


class TextCodec:
    """Rows are text."""

    def encode(self, row: str, /) -> bytes:
        """As UTF-8."""
        return row.encode()

    def decode(self, raw: bytes, /) -> str:
        """From UTF-8."""
        return raw.decode()


class Echo:
    """Emits each event under another id, and remembers the last one of each key."""

    codec = TextCodec()

    def __init__(self, name: str) -> None:
        self.name = name
        source, self._target, changelog, _ = topics(name)
        self.inputs: Sequence[Topic] = (source,)
        self.outputs: Sequence[Topic] = (self._target,)
        self.changelog: Topic | None = changelog

    def decode(self, record: Record, /) -> Message:
        """The event."""
        return Message.model_validate_json(record.value or b"")

    def event_time(self, event: Message, /) -> int:
        """When it happened."""
        return int(event.time.timestamp() * 1_000)

    def process(self, events: Sequence[Message], state: Mapping[str, str], now: int, /) -> Any:
        """Pass on."""
        del state, now
        emissions = []
        for event in events:
            cause = accepted(event.traceparent, event.identity)
            copied = event.model_copy(
                update={"id": f"echo/{event.id}", "traceparent": child(cause, f"echo/{event.id}")}
            )
            emissions.append(Emission.of(self._target, copied, cause=cause))
        return Outcome(emissions, {event.partitionkey: event.id for event in events})


def say(told: Mapping[str, Any], stream: TextIO = sys.stdout) -> None:
    """One line of JSON."""
    stream.write(json.dumps(told) + "\n")
    stream.flush()


class Watch(TracedWatch):
    """Tells on standard output of each chunk, and once that what waits of a task was measured."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._measured: set[int] = set()

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        """See ``TaskWatch``."""
        super().committed(partition, chunk)
        if not chunk.idle:
            say({"done": chunk.events + chunk.failed, "partition": partition})

    def queued(self, partition: int, records: int, *, paused: bool = False) -> None:
        """See ``TaskWatch``."""
        super().queued(partition, records, paused=paused)
        if partition not in self._measured:
            self._measured.add(partition)
            say({"measured": partition})


async def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    configure_logging("feedback", form="json")
    stop = asyncio.Event()

    def told_to_stop() -> None:
        say({"event": "told to stop"}, sys.stderr)
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop)
    metrics, tracer = Metrics(), tracer_for("feedback", os.environ)
    worker = StreamWorker(
        Role(Echo(options.name)),
        KafkaSettings(servers=tuple(options.servers.split(","))),
        Watch("feedback", metrics, tracer),
        data_dir=Path("/nonexistent"),
    )
    running = asyncio.create_task(worker.run(stop))
    while not worker.ready and not running.done():  # noqa: ASYNC110 - as a probe of health asks
        await asyncio.sleep(0.05)
    say({"event": "ready"}, sys.stderr)
    say({"ready": worker.ready})
    scraped = asyncio.create_task(stop.wait())
    await asyncio.wait({scraped, running}, return_when=asyncio.FIRST_COMPLETED)
    before = generate_latest(metrics.registry).decode()
    await running
    after = generate_latest(metrics.registry).decode()
    tracer.close()
    say({"before": before, "after": after})


if __name__ == "__main__":
    asyncio.run(main())
