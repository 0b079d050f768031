"""One counting worker's topics, group and processes, and what became of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from schemas.topics import CLOCK_TICKED
from tests.integration.chaos.oracle import event, observed, undisturbed
from tests.integration.streaming import counting_worker
from tests.integration.streaming.cluster import read_committed
from workers.config.settings import KafkaSettings
from workers.streaming.engine.probe import Step
from workers.streaming.topics.admin import apply_registry

__all__ = ["Job", "Verdict"]

_SCRIPT = Path(counting_worker.__file__)
_MOST_UNREAD = 400
_AT_ONCE = 60
_PAUSE_SECONDS = 0.1
_WAIT_SECONDS = 150.0


@dataclass(frozen=True)
class Verdict:
    """What a fault did, by comparison with an undisturbed run over the same input."""

    events: int
    lost: int
    doubled: int
    outputs_equal: bool
    state_equal: bool
    letters_equal: bool
    seconds: float
    """From the end of the last fault until the group's lag was 0."""
    deaths: int
    """Workers that ended by themselves and were started again, as their supervisor would."""


class Job:
    """Feeds while it waits, so that events flow whatever is being done to the workers."""

    def __init__(
        self, kafka: KafkaSettings, name: str, folder: Path, through: KafkaSettings | None = None
    ) -> None:
        """``through``: how the workers reach Kafka, where that differs."""
        self.kafka = kafka
        self.name = f"{name}-{os.urandom(3).hex()}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.deaths = 0
        self.written = 0
        self._through = through or kafka
        self._folder = folder
        self._topics = counting_worker.topics(self.name)
        self._flowing = True
        self._mended_at = time.monotonic()
        self._launched = 0
        self._known = (0, 0)
        self._admin: KafkaAdminClient | None = None
        self._consumer: KafkaConsumer | None = None
        apply_registry(kafka, [*self._topics, CLOCK_TICKED])
        self._producer = KafkaProducer(
            bootstrap_servers=list(kafka.servers), delivery_timeout_ms=600_000, linger_ms=5
        )

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return f"productops-{self.name}"

    @property
    def source(self) -> str:
        """Name of the input topic."""
        return self._topics[0].name

    # workers

    def launch(
        self, step: Step | None = None, after: int = 0, sent: signal.Signals = signal.SIGKILL
    ) -> subprocess.Popen[bytes]:
        """Start a worker; it sends itself ``sent`` after the step of its ``after``-th chunk."""
        self._launched += 1
        with (self._folder / f"{self.name}-{self._launched}.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, str(_SCRIPT), "--name", self.name),
                    *("--servers", ",".join(self._through.servers)),
                    *("--kill-step", str(int(step or 0)), "--kill-after", str(after)),
                    *("--kill-signal", sent.name),
                    # Every second worker keeps copies of what the others own.
                    *(["--standby"] if self._launched % 2 == 0 else []),
                ],
                env={**os.environ, "PYTHONPATH": str(_SCRIPT.parents[3])},
                stdout=log,
                stderr=log,
            )
        self.workers.append(process)
        return process

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """SIGKILL a worker."""
        self.workers.remove(worker)
        worker.kill()
        worker.wait()

    def leave(self, worker: subprocess.Popen[bytes]) -> int:
        """Ask a worker to end in good order; its exit code."""
        self.workers.remove(worker)
        worker.terminate()
        self.until(lambda: worker.poll() is not None, "the worker ends when asked to")
        return worker.returncode

    def mended(self) -> None:
        """The fault is over from now on."""
        self._mended_at = time.monotonic()

    # waiting, with events flowing meanwhile

    def until(
        self, condition: Callable[[], bool], what: str, seconds: float = _WAIT_SECONDS
    ) -> None:
        """Poll until the condition holds, feeding meanwhile and restarting who ended."""
        deadline = time.monotonic() + seconds
        pause = time.sleep
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: not within {seconds:.0f} s: {what}")
            self._tend()
            self._pump()
            pause(_PAUSE_SECONDS)

    def progress(self, events: int) -> None:
        """Wait until so many more events are committed."""
        goal = self._offsets()[0] + events
        self.until(lambda: self._offsets()[0] >= goal, f"{events} events more are committed")

    def members(self) -> int:
        """How many workers share the partitions; 0 while they are being shared out."""
        try:
            group = self._ask().describe_groups([self.group])[self.group]
        except (KafkaError, OSError):
            self._forget()
            return 0
        return len(group["members"]) if group["group_state"] == "Stable" else 0

    def shared_by(self, workers: int) -> None:
        """Wait until so many workers share the partitions."""
        self.until(lambda: self.members() == workers, f"{workers} workers share the partitions")

    def outlast(self, seconds: float) -> None:
        """Let a fault last so long: its length is part of the fault."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, "time passes")

    def drain(self) -> None:
        """Stop feeding and wait until the group's lag is 0, without a hand."""
        self.hold()
        self.flush()
        self.until(self._caught_up, "the group's lag is 0", 2 * _WAIT_SECONDS)

    def flush(self) -> None:
        """Wait until all that was written is acknowledged."""
        self._producer.flush(timeout=_WAIT_SECONDS)

    def hold(self) -> None:
        """Feed no more."""
        self._flowing = False

    def flow(self) -> None:
        """Feed again."""
        self._flowing = True

    def feed(self, kinds: list[bool]) -> None:
        """Write records now, ``True`` being poison."""
        for bad in kinds:
            self._write(self.written, poison=bad)

    def committed(self) -> list[int]:
        """How many records of output, changelog and dead letters readers can see."""
        return [len(read_committed(self.kafka, topic)) for topic in self._topics[1:]]

    def opened(self, worker: subprocess.Popen[bytes]) -> bool:
        """Whether the worker has a connection to Kafka."""
        ports = {int(server.rpartition(":")[2]) for server in self._through.servers}
        try:
            found = psutil.Process(worker.pid).net_connections(kind="tcp")
        except psutil.Error:
            return worker.poll() is not None
        return any(connection.raddr and connection.raddr.port in ports for connection in found)

    # the end

    def verdict(self) -> Verdict:
        """Drain, and compare everything that is committed with an undisturbed run."""
        self.drain()
        seconds = time.monotonic() - self._mended_at
        source, *rest = (read_committed(self.kafka, topic) for topic in self._topics)
        found, expected = observed(*rest), undisturbed(source)
        there, wanted = found.identities(), expected.identities()
        return Verdict(
            events=len(source),
            lost=sum((wanted - there).values()),
            doubled=sum((there - wanted).values()),
            outputs_equal=found.said == expected.said,
            state_equal=found.rows == expected.rows,
            letters_equal=found.dead == expected.dead,
            seconds=seconds,
            deaths=self.deaths,
        )

    def close(self) -> None:
        """End all processes and connections."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.workers.clear()
        self._producer.close(timeout=0)
        self._forget()

    # inside

    def _tend(self) -> None:
        for worker in [worker for worker in self.workers if worker.poll() not in (None, -9)]:
            self.workers.remove(worker)
            self.deaths += 1
            self.launch()

    def _pump(self) -> None:
        if not self._flowing:
            return
        committed, end = self._offsets()
        if max(end, self.written) - committed < _MOST_UNREAD:
            for number in range(self.written, self.written + _AT_ONCE):
                self._write(number)

    def _write(self, number: int, *, poison: bool | None = None) -> None:
        key, value = event(number, poison=poison)
        self._producer.send(self._topics[0].name, key=key, value=value)
        self.written += 1

    def _caught_up(self) -> bool:
        committed, end = self._offsets()
        return self.written <= committed == end

    def _offsets(self) -> tuple[int, int]:
        """Sums of the committed offsets and of the ends; the last known ones without a broker."""
        source = self._topics[0]
        tps = [TopicPartition(source.name, number) for number in range(source.partitions)]
        try:
            found = self._ask().list_group_offsets([self.group]).get(self.group, {})
            committed = sum(max(0, found[tp].offset) for tp in tps if tp in found)
            ends = sum(self._look().end_offsets(tps).values())
        except (KafkaError, OSError):
            self._forget()
            return self._known[0], self._known[1] + 1
        self._known = (committed, ends)
        return self._known

    def _ask(self) -> KafkaAdminClient:
        if self._admin is None:
            self._admin = KafkaAdminClient(
                bootstrap_servers=list(self.kafka.servers),
                bootstrap_timeout_ms=2_000,
                request_timeout_ms=4_000,
            )
        return self._admin

    def _look(self) -> Any:
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                bootstrap_servers=list(self.kafka.servers), request_timeout_ms=4_000
            )
        return self._consumer

    def _forget(self) -> None:
        for client in (self._admin, self._consumer):
            if client is not None:
                client.close()
        self._admin = self._consumer = None
