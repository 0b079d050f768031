"""A clock moved by hand, a task that commits in memory, and destinations that keep what comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.destinations.contract import Attempt, Verdict
from schemas.envelope import Event
from schemas.notification import MessageRequested
from tests.delivery.histories import request
from tests.delivery.ledger import Ledger
from tests.observability.kept_spans import KeptSpans
from workers.delivery.lane import Way
from workers.delivery.outbox import Outbox
from workers.delivery.policy import Policy
from workers.delivery.reports import Requested
from workers.delivery.sender import Sender
from workers.observability.metrics import Metrics
from workers.processor import TaskClosedError

START = 1_770_000_000.0
"""Where the clock begins, seconds since the epoch."""


async def settle_loop() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(400):
        await asyncio.sleep(0)


class ManualClock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.seconds = START
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.fromtimestamp(self.seconds, UTC)

    def millis(self) -> int:
        """The time in milliseconds since the epoch."""
        return int(self.seconds * 1_000)

    def monotonic(self) -> float:
        """The same time: nothing adjusts this clock."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Until somebody moves the clock far enough."""
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.seconds + seconds, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Pass this much time, waking sleepers in their order."""
        end = self.seconds + seconds
        await settle_loop()
        while (due := self._next()) is not None and due <= end:
            self.seconds = max(self.seconds, due)
            self._wake()
            await settle_loop()
        self.seconds = end

    async def until(self, done: Callable[[], bool], *, within: float) -> None:
        """Pass time from sleeper to sleeper until ``done()``; fails after ``within`` seconds."""
        end = self.seconds + within
        await settle_loop()
        while not done():
            due = self._next()
            assert due is not None, "nobody waits for anything any more"
            assert due <= end, f"not done within {within} s"
            self.seconds = max(self.seconds, due)
            self._wake()
            await settle_loop()

    def _next(self) -> float | None:
        self._sleepers = [one for one in self._sleepers if not one[1].done()]
        return min((due for due, _ in self._sleepers), default=None)

    def _wake(self) -> None:
        for due, future in self._sleepers:
            if due <= self.seconds and not future.done():
                future.set_result(None)


Probe = Callable[[str], Awaitable[None]]


async def no_probe(step: str) -> None:
    """Nothing happens at any step."""


@dataclass
class Recorder:
    """A destination that keeps what arrives, and answers from a script, then ``DELIVERED``."""

    deduplicates: bool = False
    findable: bool = False
    script: list[Attempt] = field(default_factory=list)
    find_script: list[Attempt] = field(default_factory=list)
    arrived: list[tuple[str, bool]] = field(default_factory=list)
    """What a person sees: message id, and whether it is marked as a repeat."""
    calls: list[tuple[float, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)
    traces: list[str | None] = field(default_factory=list)
    probe: Probe = no_probe
    clock: ManualClock | None = None
    in_flight: int = 0
    most_in_flight: int = 0
    closed: int = 0
    latency: float = 0.0

    async def send(
        self, message: MessageRequested, *, repeat: bool, traceparent: str | None = None
    ) -> Attempt:
        """Let it arrive, unless the script says that it was not delivered."""
        self.traces.append(traceparent)
        self.calls.append((self.clock.seconds if self.clock else 0.0, message.message_id))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.probe("call leaves")
            if self.clock and self.latency:
                await self.clock.sleep(self.latency)
            attempt = self.script.pop(0) if self.script else Attempt(Verdict.DELIVERED)
            if attempt.verdict in {Verdict.DELIVERED, Verdict.UNKNOWN}:
                known = any(seen == message.message_id for seen, _ in self.arrived)
                if not (self.deduplicates and known):
                    self.arrived.append((message.message_id, repeat))
            await self.probe("call arrived")
            return attempt
        finally:
            self.in_flight -= 1

    async def find(self, message: MessageRequested, since: datetime) -> Attempt | None:
        """Look among what arrived, if this destination can."""
        self.asked.append(message.message_id)
        self.since.append(since)
        if not self.findable:
            return None
        if self.find_script:
            return self.find_script.pop(0)
        known = any(seen == message.message_id for seen, _ in self.arrived)
        return Attempt(Verdict.DELIVERED if known else Verdict.RETRY)

    async def close(self) -> None:
        """Count it."""
        self.closed += 1

    def seen(self, message_id: str) -> list[bool]:
        """For each time the message was shown to people: whether it was marked as a repeat."""
        return [repeat for seen, repeat in self.arrived if seen == message_id]


class MemoryTask:
    """A partition as the platform runs it, with a changelog in memory.

    ``crash`` does what SIGKILL does: from then on nothing is committed and nobody is told.
    """

    def __init__(self, outbox: Outbox, clock: ManualClock, partition: int = 0) -> None:
        self.outbox = outbox
        self.partition = partition
        self.clock = clock
        self.changelog: dict[str, bytes] = {}
        self.settled: list[Event[Any]] = []
        self.counts: dict[tuple[str, Any], int] = {}
        self.state: dict[str, Any] = {}
        self.probe: Probe = no_probe
        self.transactions = 0
        self._sender: Sender | None = None
        self._life = 0

    def open(self, sender: Sender) -> None:
        """Own the partition: the state comes from the changelog alone."""
        self._life += 1
        life = self._life
        self.state = {
            key: self.outbox.codec.decode(raw) for key, raw in sorted(self.changelog.items())
        }
        self._sender = sender

        async def submit(events: Sequence[Any]) -> None:
            step = type(events[0]).__name__
            self._alive(life)
            await self.probe(f"{step} before commit")
            self._alive(life)
            changes = self._commit(events)
            await self.probe(f"{step} committed")
            self._alive(life)
            sender.committed(self.partition, changes)

        sender.opened(self.partition, self.state, submit)

    async def feed(self, *events: Any) -> None:
        """A chunk from Kafka."""
        changes = self._commit(events)
        if self._sender is not None and changes:
            self._sender.committed(self.partition, changes)
        await settle_loop()

    async def close(self) -> None:
        """Give the partition up in good order."""
        self._life += 1
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.closed(self.partition)

    def crash(self) -> None:
        """Nothing of this life reaches Kafka any more."""
        self._life += 1
        self._sender = None

    def _alive(self, life: int) -> None:
        if life != self._life:
            raise TaskClosedError

    def _commit(self, events: Sequence[Any]) -> Mapping[str, Any]:
        outcome = self.outbox.process(events, self.state, self.clock.millis())
        for key, row in outcome.changes.items():
            if row is None:
                self.changelog.pop(key, None)
                self.state.pop(key, None)
            else:
                self.changelog[key] = self.outbox.codec.encode(row)
                self.state[key] = row
        self.settled += [emission.event for emission in outcome.emissions if emission.event]
        for name, count in outcome.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.transactions += 1
        return outcome.changes


@dataclass
class World:
    """Everything a test of the sender needs."""

    clock: ManualClock
    metrics: Metrics = field(default_factory=Metrics)
    tracer: KeptSpans = field(default_factory=KeptSpans)
    recorders: dict[str, Recorder] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    senders: list[Sender] = field(default_factory=list)
    tasks: dict[int, MemoryTask] = field(default_factory=dict)

    def receiver(self, name: str, *, rate: float = 100.0, **kind: Any) -> Recorder:
        """Declare a receiver."""
        recorder = Recorder(clock=self.clock, **kind)
        self.recorders[name] = recorder
        self.rates[name] = rate
        self.policies[name] = Policy()
        return recorder

    def outbox(self) -> Outbox:
        """The processor of the declared receivers."""
        return Outbox(dict(self.policies))

    def task(self, partition: int = 0) -> MemoryTask:
        """The partition's task."""
        if partition not in self.tasks:
            self.tasks[partition] = MemoryTask(self.outbox(), self.clock, partition)
        return self.tasks[partition]

    def sender(self) -> Sender:
        """A process's sender, as after a start."""
        ways = {name: Way(one, self.rates[name]) for name, one in self.recorders.items()}
        made = Sender(ways, self.clock, self.metrics, self.tracer)
        self.senders.append(made)
        return made

    def start(self, *partitions: int) -> Sender:
        """A new process that owns these partitions (0 if none is named)."""
        sender = self.sender()
        for partition in partitions or (0,):
            self.task(partition).open(sender)
        return sender

    def request(self, message_id: str, receiver: str = "team", **more: Any) -> Requested:
        """A request written now about something of now; ``at``, ``about_at`` (ms) say otherwise."""
        return request(message_id, receiver, **({"at": self.clock.millis()} | more))

    async def end(self) -> None:
        """Stop every sender."""
        for task in self.tasks.values():
            task.crash()
        for sender in self.senders:
            for partition in range(8):
                await sender.closed(partition)


@pytest.fixture
def clock() -> ManualClock:
    """A clock moved by hand."""
    return ManualClock()


@pytest.fixture
async def world(clock: ManualClock) -> Any:
    """Receivers, tasks and senders; everything is stopped afterwards."""
    made = World(clock)
    yield made
    await made.end()


@pytest.fixture
def make_request(clock: ManualClock) -> Callable[..., Requested]:
    """Requests without a world."""
    return World(clock).request


@pytest.fixture
def ledger(clock: Any) -> Ledger:
    """An outbox that knows the receiver ``team``."""
    return Ledger(clock.millis())
