"""A role whose state has had two formats; as a process it runs the role, or migrates and dies."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from schemas.topics import Cleanup, Topic
from workers.config.settings import KafkaSettings
from workers.observability.metrics import Metrics
from workers.processor import OtherFormatError, Outcome, Record
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.probe import Step
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.rebuilding.migration import migrate
from workers.streaming.worker import StreamWorker, WorkerFailedError


class SecondFormat:
    """``2|text`` today, ``1|text`` before; a row is its text in capitals."""

    def encode(self, row: str, /) -> bytes:
        """The row as bytes."""
        return f"2|{row}".encode()

    def decode(self, raw: bytes, /) -> str:
        """The row again."""
        number, text = self._parted(raw)
        if number != 2:
            raise OtherFormatError(number, 2)
        return text

    def upgrade(self, raw: bytes, /) -> bytes | None:
        """Capitals came with the second format."""
        number, text = self._parted(raw)
        if number not in {1, 2}:
            raise OtherFormatError(number, 2)
        return self.encode(text.upper()) if number == 1 else None

    def _parted(self, raw: bytes) -> tuple[int, str]:
        number, bar, text = raw.decode().partition("|")
        if not bar:
            raise ValueError("no row")
        return int(number), text


class Noting:
    """Does nothing; what matters is its state."""

    codec = SecondFormat()

    def __init__(self, name: str) -> None:
        self.name = name
        self.inputs: Sequence[Topic] = (Topic(f"test.{name}.in.v1", "key", "input"),)
        self.outputs: Sequence[Topic] = ()
        self.changelog: Topic | None = Topic(
            f"platform.{name}.changelog.v1", "key", "state", cleanup=Cleanup.COMPACT
        )

    def decode(self, record: Record, /) -> str:
        """The key."""
        return (record.key or b"").decode()

    def event_time(self, event: str, /) -> int:
        """None is known."""
        del event
        return 0

    def process(self, events: Sequence[str], state: Mapping[str, str], now: int, /) -> Outcome[str]:
        """Nothing."""
        del events, state, now
        return Outcome()


async def kill_when_written(step: Step, _partition: int, /) -> None:
    """See ``Probe``."""
    if step is Step.WRITTEN:
        os.kill(os.getpid(), signal.SIGKILL)


async def main(what: str, name: str, servers: str) -> int:
    """Run the role until it ends or is told to, or migrate it and die."""
    role, kafka = Role(Noting(name)), KafkaSettings(servers=tuple(servers.split(",")))
    if what == "migrate":
        await migrate(role, client_settings(kafka), probe=kill_when_written)
        return 0
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watch = MetricsWatch("feedback", Metrics())
    worker = StreamWorker(role, kafka, watch, data_dir=Path("/nonexistent"))
    try:
        await worker.run(stop)
    except WorkerFailedError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
