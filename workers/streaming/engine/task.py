"""A task: partition *p* of a role's inputs, its state, and the protocol of a chunk.

Invariant 1: a chunk happens entirely or not at all:

    1. fetch      take what waits of this task, at most N records
    2. decode     bad records become dead letters, which are outputs like others
    3. process    pure: (events, state, now) -> emissions, changes of state
    4. begin      a transaction on the task's producer
    5. write      emissions, dead letters, one changelog record a changed key
    6. offsets    the consumer's positions after the chunk, with the stream time
    7. commit
    8. apply      the changes to the state in memory; report; count

Before 7 a crash leaves no trace: readers are ``read_committed``, and the next owner's producer
aborts what was open. After 7 everything is there, and 8 is what the next owner would read from
the changelog. Whatever goes wrong in 4 to 7, the task does what a restart would do: it starts
its producer anew (which ends the open transaction one way or the other), rebuilds its state
and reads the committed offsets, so that an uncertain commit is never guessed at. A chunk with
nothing to write but offsets waits for the next one, at most ``_IDLE_COMMIT_SECONDS`` and not
beyond an orderly end.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from workers.observability.waiting import Waiting
from workers.processor import Emission, TaskClosedError
from workers.streaming.engine.chunk_bound import ChunkBound
from workers.streaming.engine.evaluation.evaluate import Evaluated, decode, evaluate
from workers.streaming.engine.evaluation.gather import Gathered, SkippedError, gather
from workers.streaming.engine.halts.fuse import Fuse, FuseLimits
from workers.streaming.engine.halts.memory import UNBOUNDED, MemoryBound
from workers.streaming.engine.halts.placement import check_placement
from workers.streaming.engine.halts.restarts import Restarts
from workers.streaming.engine.halts.retained import check_offsets, retained
from workers.streaming.engine.inbox import Inbox, Reported
from workers.streaming.engine.probe import NO_PROBE, Probe, Step
from workers.streaming.engine.recovery.committed import GroupOffsets
from workers.streaming.engine.recovery.restore import RestoreError, UnreadableRowError, restore
from workers.streaming.engine.recovery.state import State
from workers.streaming.engine.role import Role
from workers.streaming.engine.standing import Standing
from workers.streaming.engine.stream_time import from_metadata, latest_moment
from workers.streaming.engine.transaction import (
    TRANSACTION_SECONDS,
    FencedError,
    LateError,
    Producer,
)
from workers.streaming.engine.watch import ChunkDone, TaskWatch
from workers.streaming.engine.writing import ChunkWriter
from workers.streaming.transport.chunk import Chunk

__all__ = ["SkippedError", "Task", "TaskFailedError", "TaskSettings"]

log = structlog.get_logger(__name__)

_IDLE_COMMIT_SECONDS = 3.0
_IDLE_WAIT_SECONDS = 0.5


class TaskFailedError(Exception):
    """A task could not go on although it tried; the process has to end and be restarted."""


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """What a task needs of its surroundings."""

    client: Mapping[str, Any]
    """Connection settings for aiokafka."""
    offsets: GroupOffsets
    watch: TaskWatch
    probe: Probe = NO_PROBE
    chunk_records: int = 5_000
    """About how many records one transaction covers at most."""
    fuse: FuseLimits = field(default_factory=FuseLimits)
    memory: MemoryBound = UNBOUNDED
    wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    """This machine's time in milliseconds: to refuse records from the future, nothing else."""


class Task:
    """One partition's work. ``run`` owns everything; the other methods only pass work in."""

    def __init__(
        self,
        role: Role,
        partition: int,
        settings: TaskSettings,
        *,
        pause: Callable[[], None],
        resume: Callable[[], None],
        copy: State[Any] | None = None,
    ) -> None:
        """``copy``: the state as this process knows it already, to be brought up to date."""
        self.partition = partition
        self.ready = False
        """Whether the state is restored and chunks are being processed."""
        self.progressed_at = time.monotonic()
        self.inbox = Inbox(pause=pause, resume=resume)
        self.left: State[Any] | None = None
        """The state, once ``run`` has ended in good order: exactly what is committed."""
        self._role = role
        self._settings = settings
        self._inputs = [TopicPartition(topic.name, partition) for topic in role.inputs]
        self._writer = ChunkWriter(role, partition, settings.probe)
        self._fuse = Fuse(settings.fuse)
        self._producer: Producer | None = None
        self._copy = copy
        self._state: State[Any] = State()
        self._standing = Standing()
        self._bound = ChunkBound(settings.chunk_records)
        self._waiting: Waiting[TopicPartition] = Waiting()
        self._closing = asyncio.Event()
        self._opened = False
        self._placed = False
        """Whether a chunk has been looked through for misplaced records."""

    @property
    def state(self) -> Mapping[str, Any]:
        """The rows as committed; a live view."""
        return self._state.rows

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset of each input."""
        return self._standing.positions

    def waits(self, behind: Mapping[TopicPartition, int], now: float) -> float:
        """Seconds that the oldest waiting record has waited at ``now``; see ``TaskWatch.lag``.

        ``behind``: how many records of each input wait.
        """
        bounds = self._waiting.seconds(behind, now)
        for tp in bounds:
            fetched = self.inbox.oldest(tp, self.positions.get(tp, 0))
            if fetched is not None:
                bounds[tp] = max(0.0, now - fetched / 1000)
        return max(bounds.values(), default=0.0)

    def accept(self, chunk: Chunk) -> None:
        """Take a chunk in; never blocks."""
        self._settings.watch.taken(len(chunk.records))
        self.inbox.put(chunk)

    async def submit(self, events: Sequence[Any]) -> None:
        """Process events that a side effect reports; see ``workers.processor.Submit``."""
        if self._closing.is_set() or not self._opened:
            raise TaskClosedError
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.inbox.put(Reported(events, done))
        await done

    def finish(self) -> None:
        """Ask ``run`` to end after the chunk in hand."""
        self._closing.set()
        self.inbox.wake()

    async def rest(self, seconds: float) -> None:
        """Wait, but not longer than until ``finish``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def run(self) -> None:
        """Own the task until ``finish`` or cancellation.

        A broker that is away is waited for without an end, unready; other errors only so often.
        Raises ``FencedError`` when somebody else owns it, ``HaltError`` when a person has to act,
        and ``TaskFailedError`` or ``SkippedError`` when it cannot go on.
        """
        restarts = Restarts(self._settings.wall)
        try:
            while not self._closing.is_set():
                try:
                    await self._open()
                    while not self._closing.is_set():
                        await self._step()
                        restarts.went_well()
                    if self._standing.owes:
                        await self._transact(Evaluated(), {}, self._standing.now)
                    self.left = self._state
                except UnreadableRowError as error:
                    raise TaskFailedError(str(error)) from error
                except (KafkaError, RestoreError, TimeoutError, OSError) as error:
                    if self._opened:
                        self._settings.watch.aborted(self.partition)
                    restart = restarts.after(error)
                    say = log.warning if restart.loud else log.debug
                    about = {"error": restart.reason, "attempt": restart.attempt}
                    say("task_restarts", task=self.partition, **about)
                    if restart.final is not None:
                        raise TaskFailedError(restart.final) from error
                    await self._shut()
                    await self.rest(restart.pause)
        finally:
            await self._shut()

    async def _open(self) -> None:
        """Fence the former owner, bring the state up to date, read where to go on."""
        started = time.monotonic()
        role, client = self._role, self._settings.client
        self._producer = Producer(f"{role.group}-{self.partition}", client)
        await self._producer.start()
        copy, self._copy, self._state = self._copy, None, State()
        changelog = role.processor.changelog
        read = 0
        if changelog is not None:
            self._state, read = await restore(
                client,
                changelog.name,
                self.partition,
                role.processor.codec,
                copy=copy,
                check=lambda rows: self._settings.memory.check(f"{rows} rows being restored"),
            )
        found = await self._settings.offsets(self._inputs)
        committed = {tp: offset for tp, (offset, _) in found.items()}
        held = await retained(client, self._inputs)
        check_offsets(role.group, committed, held, self.state)
        now = max((from_metadata(text) for _, text in found.values()), default=0)
        self._standing.go_on({tp: held[tp][0] for tp in self._inputs} | committed, now)
        self._fuse = Fuse(self._settings.fuse)  # the chunk in hand is judged once more
        self._settings.watch.restored(
            self.partition, len(self.state), time.monotonic() - started, read=read
        )
        self.ready = self._opened = True
        self.progressed_at = time.monotonic()
        if role.side_effects is not None:
            role.side_effects.opened(self.partition, self.state, self.submit)

    async def _shut(self) -> None:
        """Let go of everything that belongs to an ownership."""
        self.ready = False
        was_open, self._opened = self._opened, False
        self.inbox.refuse_reports()
        try:
            if was_open and self._role.side_effects is not None:
                await self._role.side_effects.closed(self.partition)
        finally:
            if self._producer is not None:
                producer, self._producer = self._producer, None
                with suppress(KafkaError, FencedError, TimeoutError):
                    await producer.stop()

    async def _step(self) -> None:
        """One turn: a chunk, or the passing of idle time."""
        items = await self.inbox.peek(self._bound.records, wait=_IDLE_WAIT_SECONDS)
        self.progressed_at = time.monotonic()
        if items and not self._closing.is_set():
            await self._process(items)
            self._settings.watch.done(self.inbox.drop(len(items)))
            for item in items:
                if isinstance(item, Reported) and not item.done.done():
                    item.done.set_result(None)
        elif self._standing.waits_longer_than(_IDLE_COMMIT_SECONDS):
            await self._transact(Evaluated(), {}, self._standing.now)

    async def _process(self, items: Sequence[Chunk | Reported]) -> None:
        probe, role, standing = self._settings.probe, self._role, self._standing
        started = time.monotonic()
        work = gather(
            items,
            positions=standing.positions,
            now=standing.now,
            group=role.group,
            wall=self._settings.wall(),
        )
        if role.processor.changelog is not None:
            check_placement(work.records, role.partitions, whole=not self._placed)
            self._placed = self._placed or bool(work.records)
        await probe(Step.FETCHED, self.partition)

        found = decode(role.processor, work.records)
        times = [role.processor.event_time(event) for event in found.events]
        now = latest_moment(times, found.records, work.now)
        await probe(Step.DECODED, self.partition)

        events = [*found.events, *work.reported] if work.reported else found.events
        result = evaluate(role.processor, events, found.records, self.state, now)
        result.dead = [*found.dead, *result.dead]
        self._judge(work, result)
        await probe(Step.PROCESSED, self.partition)

        begun = time.monotonic()
        letters: Sequence[Emission] = ()
        transacted = not result.silent or bool(work.reported)
        if transacted:
            letters = await self._transact(result, work.positions, now)
        elif work.positions:
            standing.put_off(work.positions)
        ended = time.monotonic()
        standing.passed(work.positions, now)
        for item in items:
            if isinstance(item, Chunk) and item.records:
                self._waiting.passed(item.tp, item.records[-1].timestamp / 1000)
        self._settings.watch.committed(
            self.partition,
            ChunkDone(
                events=len(times),
                emitted=len(result.emissions),
                dead=Counter(dead.error_class for dead in result.dead),
                counts=result.counts,
                rows=len(self.state),
                newest=max(times, default=0),
                oldest=min(times, default=0),
                seconds=ended - started,
                transaction_seconds=ended - begun if transacted else 0.0,
                records=work.records,
                written=[*result.emissions, *letters],
            ),
        )

    def _judge(self, work: Gathered, result: Evaluated[Any]) -> None:
        """Raises ``HaltError`` where the chunk must not be committed."""
        lost = {(one.record.topic, one.record.offset) for one in result.dead}
        if lost:
            self._fuse.judge([(one.topic, one.offset) in lost for one in work.records])
        else:
            self._fuse.passed(len(work.records))
        if result.changes:
            self._settings.memory.check(f"{len(self.state)} rows of state in task {self.partition}")

    async def _transact(
        self, result: Evaluated[Any], positions: Mapping[TopicPartition, int], now: int
    ) -> Sequence[Emission]:
        """Steps 4 to 8, within a bound: the client itself retries for ever.

        Whoever is late, be it that the broker is away or that this process was frozen, has lost
        the transaction to its time-out and does not know whether it still owns the task. So that
        is told as being fenced: an owner that was replaced must not take the task back.
        """
        producer, role = self._producer, self._role
        if producer is None:
            raise TaskClosedError
        ends = self._standing.to_commit(positions)
        try:
            async with asyncio.timeout(TRANSACTION_SECONDS):
                letters = await self._writer.write(producer, result, ends, now)
        except TimeoutError as error:
            self._bound.late()
            raise LateError(f"no commit within {TRANSACTION_SECONDS:.0f} s") from error
        self._bound.in_time()
        self._standing.committed(ends)
        self._state.apply(result.changes)
        if role.processor.changelog is not None:
            reached = producer.reached(role.processor.changelog.name, self.partition)
            self._state.position = max(self._state.position, reached or 0)
        if role.side_effects is not None and result.changes:
            role.side_effects.committed(self.partition, result.changes)
        await self._settings.probe(Step.APPLIED, self.partition)
        return letters
