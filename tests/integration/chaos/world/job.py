"""One worker's topics, group and processes, and what became of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.topics import CLOCK_TICKED, Topic
from tests.integration.chaos.judging.oracle import observed, undisturbed
from tests.integration.chaos.judging.verdict import Verdict
from tests.integration.chaos.world import sitting_worker
from tests.integration.chaos.world.feeding import Feed
from tests.integration.chaos.world.whereabouts import whereabouts
from tests.integration.streaming.cluster import read_committed
from workers.config.settings import KafkaSettings
from workers.streaming.engine.probe import Step
from workers.streaming.topics.admin import apply_registry

__all__ = ["Job"]

_SCRIPT = Path(sitting_worker.__file__)
_MOST_UNREAD = 400
_AT_ONCE = 60
_PAUSE_SECONDS = 0.1
_WAIT_SECONDS = 150.0


@dataclass(frozen=True)
class _Standing:
    """Where the group stands and where its inputs end."""

    committed: int = 0
    """Events, of both inputs."""
    end: int = 0
    clock: Mapping[int, int] = field(default_factory=dict)
    """Next tick of each partition."""


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
        self.kills = 0
        """SIGKILLs carried out, of workers and brokers."""
        self._through = through or kafka
        self._folder = folder
        self._topics = sitting_worker.Topics(self.name)
        self._flowing = True
        self._mended_at = self._drained_at = time.monotonic()
        self._logs: dict[subprocess.Popen[bytes], Path] = {}
        """Of every worker that was launched, in order."""
        self._known = _Standing()
        self._admin: KafkaAdminClient | None = None
        self._consumer: KafkaConsumer | None = None
        apply_registry(kafka, [*self._topics.inputs, *self._topics.written, CLOCK_TICKED])
        self._feed = Feed(kafka, self._topics.inputs)

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return f"productops-{self.name}"

    @property
    def source(self) -> str:
        """Name of the first input topic."""
        return self._topics.inputs[0].name

    @property
    def told(self) -> str:
        """What all workers have said so far, one after the other."""
        logs = self._logs.values()
        return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)

    # workers

    def launch(
        self,
        step: Step | None = None,
        after: int = 0,
        sent: signal.Signals = signal.SIGKILL,
        *,
        options: Mapping[str, int] | None = None,
        standby: bool | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a worker; it sends itself ``sent`` after the step of its ``after``-th chunk.

        ``options``: numbers for its command line. Unless told otherwise every second worker
        keeps copies of what the others own.
        """
        number = len(self._logs) + 1
        copies = number % 2 == 0 if standby is None else standby
        path = self._folder / f"{self.name}-{number}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, str(_SCRIPT), "--name", self.name),
                    *("--servers", ",".join(self._through.servers)),
                    *("--kill-step", str(int(step or 0)), "--kill-after", str(after)),
                    *("--kill-signal", sent.name),
                    *(f"--{name}={number}" for name, number in (options or {}).items()),
                    *(["--standby"] if copies else []),
                ],
                env={**os.environ, "PYTHONPATH": str(_SCRIPT.parents[4])},
                stdout=log,
                stderr=log,
            )
        self.workers.append(process)
        self._logs[process] = path
        return process

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """SIGKILL a worker. Counts as a death where it had ended by itself before."""
        self.workers.remove(worker)
        worker.kill()
        if worker.wait() == -signal.SIGKILL:
            self.kills += 1
        else:
            self.deaths += 1

    def killed(self, worker: subprocess.Popen[bytes], what: str) -> None:
        """Wait until a worker has killed itself, as it was told to."""
        self.until(lambda: worker.poll() is not None, f"the worker kills itself {what}")
        assert worker.returncode == -signal.SIGKILL
        self.workers.remove(worker)
        self.kills += 1

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
                raise AssertionError(
                    f"{self.name}: not within {seconds:.0f} s: {what}\n{self._whereabouts()}"
                )
            self._tend()
            self._pump()
            pause(_PAUSE_SECONDS)

    def progress(self, events: int) -> None:
        """Wait until so many more events are committed."""
        goal = self._standing().committed + events
        self.until(
            lambda: self._standing().committed >= goal, f"{events} events more are committed"
        )

    def members(self) -> int:
        """How many workers share the partitions; 0 while they are being shared out."""
        try:
            group = self._ask().describe_groups([self.group])[self.group]
        except (KafkaError, OSError):
            self._forget()
            return 0
        return len(group["members"]) if group["group_state"] == "Stable" else 0

    def coordinator(self) -> int:
        """Number of the broker that coordinates the group."""
        admin = self._ask()
        return int(admin._manager.run(admin._find_coordinator_id, self.group))

    def shared_by(self, workers: int) -> None:
        """Wait until so many workers share the partitions."""
        self.until(lambda: self.members() == workers, f"{workers} workers share the partitions")

    def outlast(self, seconds: float) -> None:
        """Let a fault last so long: its length is part of the fault."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, "time passes")

    def drain(self) -> None:
        """Stop feeding and wait until the lag of every input is 0, without a hand.

        The clock comes last: its tick lets the group sum up the last sittings. Other jobs of
        the broker tick, too; how far the topic went with ours is what counts.
        """
        self.hold()
        self.until(self._feed.mend, "events can be written")
        self.flush()
        self.until(self._caught_up, "the lag of the events is 0", 2 * _WAIT_SECONDS)
        self._drained_at = time.monotonic()
        wanted = self.tick_off()
        self.until(lambda: self._ticked(wanted), "the lag of the clock is 0")

    def tick_off(self) -> Mapping[int, int]:
        """Let the clock tell that all sittings are over; how far its topic has to be read."""
        self.until(lambda: time.time() > self._feed.over_at, "the last sitting is over")
        return self._feed.tick_off(_WAIT_SECONDS)

    def flush(self) -> None:
        """Wait until all that was written is acknowledged."""
        self._feed.flush(_WAIT_SECONDS)

    def hold(self) -> None:
        """Feed no more."""
        self._flowing = False

    def flow(self) -> None:
        """Feed again."""
        self._flowing = True

    def feed(self, kinds: list[bool]) -> None:
        """Write records now, ``True`` being poison."""
        for bad in kinds:
            self._feed.write(poison=bad)

    def committed(self) -> list[int]:
        """How many records of output, changelog and dead letters readers can see."""
        return [len(read_committed(self.kafka, topic)) for topic in self._topics.written]

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
        source = self._read(*self._topics.inputs)
        output, changelog, *letters = self._topics.written
        found = observed(self._read(output), self._read(changelog), self._read(*letters))
        expected = undisturbed(source, self.name)
        there, wanted = found.identities(), expected.identities()
        return Verdict(
            events=len(source),
            lost=sum((wanted - there).values()),
            doubled=sum((there - wanted).values()),
            outputs_equal=found.said == expected.said,
            state_equal=found.rows == expected.rows,
            letters_equal=found.dead == expected.dead,
            kills=self.kills,
            seconds=max(0.0, self._drained_at - self._mended_at),
            deaths=self.deaths,
        )

    def close(self) -> None:
        """End all processes and connections."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.workers.clear()
        self._feed.close()
        self._forget()

    # inside

    def _tend(self) -> None:
        for worker in [worker for worker in self.workers if worker.poll() not in (None, -9)]:
            self.workers.remove(worker)
            self.deaths += 1
            self.launch()

    def _pump(self) -> None:
        if not self._flowing or not self._feed.mend():
            return
        self._feed.tick_if_due()
        found = self._standing()
        if max(found.end, self._feed.written) - found.committed < _MOST_UNREAD:
            for _ in range(_AT_ONCE):
                self._feed.write()

    def _caught_up(self) -> bool:
        found = self._standing()
        return self._feed.written <= found.committed == found.end

    def _ticked(self, wanted: Mapping[int, int]) -> bool:
        found = self._standing()
        clock = all(found.clock.get(partition, 0) >= end for partition, end in wanted.items())
        return clock and self._caught_up()

    def _standing(self) -> _Standing:
        """Committed offsets and ends; the last known ones without a broker."""
        tps = [
            TopicPartition(topic.name, number)
            for topic in self._topics.inputs
            for number in range(topic.partitions)
        ]
        try:
            offsets = self._ask().list_group_offsets([self.group]).get(self.group, {})
            found = {tp: max(0, one.offset) for tp, one in offsets.items()}
            end = sum(self._look().end_offsets(tps).values())
        except (KafkaError, OSError):
            self._forget()
            return replace(self._known, end=self._known.end + 1)
        clock = {tp.partition: one for tp, one in found.items() if tp.topic == CLOCK_TICKED.name}
        self._known = _Standing(sum(found.get(tp, 0) for tp in tps), end, clock)
        return self._known

    def _read(self, *topics: Topic) -> list[Any]:
        return [record for topic in topics for record in read_committed(self.kafka, topic)]

    def _whereabouts(self) -> str:
        workers = [whereabouts(worker, self._logs[worker]) for worker in self.workers]
        return "\n".join([f"{self._feed.written} events written; {self._known}", *workers])

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
