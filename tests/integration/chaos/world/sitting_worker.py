"""The worker under fault: two inputs, rows that go by stream time; run as a process of its own.

The events of a key are a sitting, whose last event says so. A second of stream time after it the
sitting is summed up in a last output and its row deleted, which on a quiet input only the clock
brings about. Beside it a row of each item counts the events of all its sittings on both inputs.
"""

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import structlog

from schemas.topics import Cleanup, Topic
from tests.integration.streaming.worker_process import options_parser, run_worker
from workers.observability.metrics import Metrics
from workers.processor import Emission, Malformed, Outcome, Record
from workers.streaming.engine.probe import Step
from workers.streaming.metrics_watch import MetricsWatch

__all__ = ["LINGER_MS", "Topics"]

LINGER_MS = 1_000
"""For how long a sitting stays after its last event, in stream time."""

log = structlog.get_logger(__name__)


class Topics:
    """The topics of a worker of this name."""

    def __init__(self, name: str) -> None:
        self.inputs = (
            Topic(f"test.{name}.in.v1", "key", "input"),
            Topic(f"test.{name}.beside.v1", "key", "another input, partitioned as the first"),
        )
        self.output = Topic(f"test.{name}.out.v1", "key", "output")
        self.changelog = Topic(f"test.{name}.changelog.v1", "key", "state", cleanup=Cleanup.COMPACT)
        self.letters = tuple(
            Topic(topic.dead_letters, "key", "dead letters") for topic in self.inputs
        )

    @property
    def written(self) -> tuple[Topic, ...]:
        """What the worker writes to."""
        return (self.output, self.changelog, *self.letters)


@dataclass(frozen=True, slots=True)
class Said:
    """An input event. Its item is the part of its key before the stroke."""

    source: str
    key: str
    number: int
    last: bool
    time: int


@dataclass(frozen=True, slots=True)
class Row:
    """How many events, and when a sitting that is over is to be summed up, in ms."""

    count: int = 0
    until: int | None = None


_NOTHING = Row()


class RowCodec:
    """Rows as JSON, filled up with spaces to a size."""

    def __init__(self, size: int, kill_row: int) -> None:
        """``kill_row``: the process ends by SIGKILL when it decodes its so-many-eth row."""
        self._size = size
        self._kill_row = kill_row
        self._decoded = 0

    def encode(self, row: Row, /) -> bytes:
        """The row as text."""
        return json.dumps(asdict(row)).encode().ljust(self._size)

    def decode(self, raw: bytes, /) -> Row:
        """The row."""
        self._decoded += 1
        if self._decoded == self._kill_row:
            os.kill(os.getpid(), signal.SIGKILL)
        return Row(**json.loads(raw))


class Sittings:
    """Emits each event with how many its sitting has had, and at its end its sum."""

    def __init__(self, name: str, codec: RowCodec) -> None:
        self.name = name
        self.codec = codec
        topics = Topics(name)
        self.inputs: Sequence[Topic] = topics.inputs
        self.outputs: Sequence[Topic] = (topics.output,)
        self.changelog: Topic | None = topics.changelog

    def decode(self, record: Record, /) -> Said:
        """The event; anything but ``{"n": number, "last": whether}`` is malformed."""
        try:
            found = json.loads(record.value or b"")
            number, last = found["n"], found["last"]
        except (ValueError, TypeError, KeyError) as error:
            raise Malformed("no number n") from error
        key = (record.key or b"").decode()
        return Said(record.topic, key, number, last, record.timestamp)

    def event_time(self, event: Said, /) -> int:
        """When it was written."""
        return event.time

    def process(
        self, events: Sequence[Said], state: Mapping[str, Row], now: int, /
    ) -> Outcome[Row]:
        """Count; an event with a negative number cannot be handled and raises."""
        changed: dict[str, Row] = {}
        emissions: list[Emission] = []
        for event in events:
            if event.number < 0:
                raise ArithmeticError(event.number)
            for name in (f"{event.source} {event.key}", event.key.partition("/")[0]):
                row = changed.get(name) or state.get(name, _NOTHING)
                changed[name] = Row(row.count + 1, row.until)
            sitting = f"{event.source} {event.key}"
            count = changed[sitting].count
            if event.last:
                changed[sitting] = Row(count, event.time + LINGER_MS)
            emissions.append(self._emission(sitting, event.number, count))
        over = {
            name: row
            for name, row in {**state, **changed}.items()
            if row.until is not None and row.until <= now
        }
        emissions += [self._emission(name, None, row.count) for name, row in over.items()]
        return Outcome(emissions, {**changed, **dict.fromkeys(over)})

    def _emission(self, sitting: str, number: int | None, count: int) -> Emission:
        source, _, key = sitting.partition(" ")
        value = json.dumps({"source": source, "n": number, "count": count}).encode()
        return Emission(self.outputs[0].name, key.encode(), value)


class Telling(MetricsWatch):
    """Says in the log that fetching pauses, and lets who waits for it go on."""

    def __init__(self, paused: asyncio.Event) -> None:
        super().__init__("feedback", Metrics())
        self._paused = paused

    def queued(self, partition: int, records: int, *, paused: bool = False) -> None:
        """See ``TaskWatch``."""
        super().queued(partition, records, paused=paused)
        if paused:
            log.info("inbox_paused", task=partition, records=records)
            self._paused.set()


class Slow:
    """Handles nothing before fetching pauses: however slow a broker is, more comes in."""

    def __init__(self, paused: asyncio.Event) -> None:
        self._paused = paused

    async def __call__(self, step: Step, _partition: int, /) -> None:
        """See ``Probe``."""
        if step == Step.FETCHED:
            await self._paused.wait()


def main() -> None:
    """Run until SIGTERM."""
    parser = options_parser()
    parser.add_argument("--kill-row", type=int, default=0)
    parser.add_argument("--row-bytes", type=int, default=0)
    parser.add_argument("--slow", type=int, default=0)
    told = parser.parse_args()
    codec = RowCodec(told.row_bytes, told.kill_row)
    paused = asyncio.Event()
    slow = Slow(paused) if told.slow else None
    asyncio.run(run_worker(Sittings(told.name, codec), told, Telling(paused), slow))


if __name__ == "__main__":
    main()
