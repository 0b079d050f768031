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
nothing to write but offsets waits for the next one, at most ``_IDLE_COMMIT_SECONDS``.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from schemas.topics import CLOCK_TICKED
from workers.processor import Record, TaskClosedError
from workers.streaming.access.reasons import refused_right
from workers.streaming.engine.dead_letters import letter
from workers.streaming.engine.evaluate import Evaluated, decode, evaluate
from workers.streaming.engine.fuse import Fuse, FuseLimits
from workers.streaming.engine.inbox import Inbox, Reported
from workers.streaming.engine.probe import NO_PROBE, Probe, Step
from workers.streaming.engine.recovery.committed import GroupOffsets
from workers.streaming.engine.recovery.restore import RestoreError, restore
from workers.streaming.engine.retained import OffsetsExpiredError, check_offsets, gone, retained
from workers.streaming.engine.role import Role
from workers.streaming.engine.stream_time import event_moment, from_metadata, to_metadata
from workers.streaming.engine.transaction import FencedError, Producer
from workers.streaming.engine.watch import TaskWatch
from workers.streaming.transport.chunk import Chunk

__all__ = ["SkippedError", "Task", "TaskFailedError", "TaskSettings"]

log = structlog.get_logger(__name__)

_IDLE_COMMIT_SECONDS = 3.0
_IDLE_WAIT_SECONDS = 0.5
_MAX_FAILURES = 8
_FIRST_BACKOFF_SECONDS = 0.2
_MAX_BACKOFF_SECONDS = 10.0
_TRANSACTION_SECONDS = 40.0
"""Longer than the broker lets a transaction be open: what is not committed by then never is."""


class TaskFailedError(Exception):
    """A task could not go on although it tried; the process has to end and be restarted."""


class SkippedError(Exception):
    """Records were passed over, which is a fault of ours: the process has to end and restart."""


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
    fuse: FuseLimits = FuseLimits()  # noqa: RUF009 - frozen


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
    ) -> None:
        self.partition = partition
        self.ready = False
        """Whether the state is restored and chunks are being processed."""
        self.progressed_at = time.monotonic()
        self.inbox = Inbox(pause=pause, resume=resume)
        self._role = role
        self._settings = settings
        self._inputs = [TopicPartition(topic.name, partition) for topic in role.inputs]
        self._output_partitions = {topic.name: topic.partitions for topic in role.processor.outputs}
        self._letter_partitions = {topic.dead_letters: topic.partitions for topic in role.inputs}
        self._fuse = Fuse(settings.fuse)
        self._producer: Producer | None = None
        self._state: dict[str, Any] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._unsent: set[TopicPartition] = set()
        self._unsent_since = 0.0
        self._now = 0
        self._closing = asyncio.Event()
        self._opened = False

    @property
    def state(self) -> Mapping[str, Any]:
        """The rows as committed; a live view."""
        return self._state

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset of each input."""
        return self._positions

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
        Raises ``FencedError`` when somebody else owns it, ``FuseBlownError`` when too many
        records die, ``OffsetsExpiredError`` when records that are due are gone, and
        ``TaskFailedError`` or ``SkippedError`` when it cannot go on.
        """
        failures = 0
        try:
            while not self._closing.is_set():
                try:
                    await self._open()
                    while not self._closing.is_set():
                        await self._step()
                        failures = 0
                except (KafkaError, RestoreError, TimeoutError, OSError) as error:
                    failures += 1
                    self._settings.watch.aborted(self.partition)
                    log.warning(
                        "task_restarts",
                        task=self.partition,
                        error=f"{type(error).__name__}: {error}",
                        attempt=failures,
                    )
                    right = refused_right(error)
                    if right is not None or (failures >= _MAX_FAILURES and not _passing(error)):
                        raise TaskFailedError(right or str(error)) from error
                    await self._shut()
                    await self.rest(_backoff(failures))
        finally:
            await self._shut()

    async def _open(self) -> None:
        """Fence the former owner, rebuild the state, read where to go on."""
        started = time.monotonic()
        role = self._role
        self._producer = Producer(f"{role.group}-{self.partition}", self._settings.client)
        await self._producer.start()
        changelog = role.processor.changelog
        if changelog is not None:
            self._state = await restore(
                self._settings.client, changelog.name, self.partition, role.processor.codec
            )
        found = await self._settings.offsets(self._inputs)
        committed = {tp: offset for tp, (offset, _) in found.items()}
        check_offsets(
            role.group, committed, await retained(self._settings.client, self._inputs), self._state
        )
        self._go_on(committed, max((from_metadata(text) for _, text in found.values()), default=0))
        self._fuse = Fuse(self._settings.fuse)  # the chunk in hand is judged once more
        self._settings.watch.restored(self.partition, len(self._state), time.monotonic() - started)
        self.ready = self._opened = True
        self.progressed_at = time.monotonic()
        if role.side_effects is not None:
            role.side_effects.opened(self.partition, self._state, self.submit)

    def _go_on(self, committed: dict[TopicPartition, int], now: int) -> None:
        """Stand where the group stands, or behind what was processed since to no effect.

        That is still so if nobody has committed meanwhile; its records will not come again.
        """
        same = committed == self._committed
        held = {tp: self._positions[tp] for tp in self._unsent} if same else {}
        self._committed, self._positions = committed, committed | held
        self._unsent = set(held)
        self._now = max(now, self._now) if same else now

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
        items = await self.inbox.peek(self._settings.chunk_records, wait=_IDLE_WAIT_SECONDS)
        self.progressed_at = time.monotonic()
        if items and not self._closing.is_set():
            await self._process(items)
            self._settings.watch.done(self.inbox.drop(len(items)))
            for item in items:
                if isinstance(item, Reported) and not item.done.done():
                    item.done.set_result(None)
        elif self._unsent and time.monotonic() - self._unsent_since > _IDLE_COMMIT_SECONDS:
            await self._transact(Evaluated(), {}, self._now)

    async def _process(self, items: Sequence[Chunk | Reported]) -> None:
        probe, role = self._settings.probe, self._role
        started = time.monotonic()
        records, reported, positions, now = self._gather(items)
        await probe(Step.FETCHED, self.partition)

        events, dead = decode(role.processor, records)
        times = [role.processor.event_time(event) for _, event in events]
        for moment, (record, _) in zip(times, events, strict=True):
            now = max(now, event_moment(moment, record.timestamp if record else 0))
        await probe(Step.DECODED, self.partition)

        everything = [*events, *((None, event) for event in reported)]
        result = evaluate(role.processor, everything, self._state, now)
        result.dead = [*dead, *result.dead]
        lost = {(one.record.topic, one.record.offset) for one in result.dead}
        self._fuse.judge([(record.topic, record.offset) in lost for record in records])
        await probe(Step.PROCESSED, self.partition)

        if not result.silent or reported:
            await self._transact(result, positions, now)
        elif positions:
            if not self._unsent:
                self._unsent_since = time.monotonic()
            self._unsent.update(positions)
        self._now = now
        self._positions.update(positions)
        self._report(result, times, started)

    def _gather(
        self, items: Sequence[Chunk | Reported]
    ) -> tuple[list[Record], list[Any], dict[TopicPartition, int], int]:
        """Records not yet processed, reported events, positions after them, stream time of ticks.

        The consumer may have started below what the former owner committed after it was asked:
        such records are dropped here.
        """
        records: list[Record] = []
        reported: list[Any] = []
        positions: dict[TopicPartition, int] = {}
        now = self._now
        for item in items:
            if isinstance(item, Reported):
                reported += item.events
                continue
            tp = item.tp
            done = positions.get(tp, self._positions.get(tp, 0))
            if item.gone:
                raise OffsetsExpiredError(gone(self._role.group, tp, item.next_offset))
            if item.next_offset <= done:
                continue
            if item.start is not None and item.start > done and tp in self._positions:
                raise SkippedError(
                    f"{tp.topic} partition {tp.partition}: after offset {done} came {item.start}. "
                    "A restart reads again what is between"
                )
            positions[tp] = item.next_offset
            for record in item.records:
                if record.offset < done:
                    continue
                if tp.topic == CLOCK_TICKED.name:
                    now = max(now, record.timestamp)
                else:
                    records.append(record)
        return records, reported, positions, now

    async def _transact(
        self, result: Evaluated[Any], positions: Mapping[TopicPartition, int], now: int
    ) -> None:
        """Steps 4 to 8, within a bound: the client itself retries for ever.

        Whoever is late, be it that the broker is away or that this process was frozen, has lost
        the transaction to its time-out and does not know whether it still owns the task. So that
        is told as being fenced: an owner that was replaced must not take the task back.
        """
        try:
            async with asyncio.timeout(_TRANSACTION_SECONDS):
                await self._commit(result, positions, now)
        except TimeoutError as error:
            raise FencedError(f"no commit within {_TRANSACTION_SECONDS:.0f} s") from error
        for tp in self._unsent:
            self._committed[tp] = self._positions[tp]
        self._committed.update(positions)
        self._unsent.clear()
        for key, row in result.changes.items():
            if row is None:
                self._state.pop(key, None)
            else:
                self._state[key] = row
        if self._role.side_effects is not None and result.changes:
            self._role.side_effects.committed(self.partition, result.changes)
        await self._settings.probe(Step.APPLIED, self.partition)

    async def _commit(
        self, result: Evaluated[Any], positions: Mapping[TopicPartition, int], now: int
    ) -> None:
        producer, role, probe = self._producer, self._role, self._settings.probe
        if producer is None:
            raise TaskClosedError
        await producer.begin()
        await probe(Step.BEGUN, self.partition)

        await producer.write_events(result.emissions, self._output_partitions)
        if result.dead:
            letters = [letter(dead, role=role.name, now=now) for dead in result.dead]
            await producer.write_events(letters, self._letter_partitions)
        if result.encoded and role.processor.changelog is not None:
            rows = [(key.encode(), row) for key, row in result.encoded.items()]
            await producer.write_rows(role.processor.changelog.name, self.partition, rows)
        await probe(Step.WRITTEN, self.partition)

        ends = {tp: self._positions[tp] for tp in self._unsent} | dict(positions)
        if ends:
            metadata = to_metadata(now)
            offsets = {tp: OffsetAndMetadata(offset, metadata) for tp, offset in ends.items()}
            await producer.send_offsets(offsets, role.group)
        await probe(Step.OFFSETS_SENT, self.partition)

        await producer.commit()
        await probe(Step.COMMITTED, self.partition)

    def _report(self, result: Evaluated[Any], times: Sequence[int], started: float) -> None:
        self._settings.watch.committed(
            self.partition,
            events=len(times),
            emitted=len(result.emissions),
            dead=Counter(dead.error_class for dead in result.dead),
            counts=result.counts,
            seconds=time.monotonic() - started,
            rows=len(self._state),
            newest=max(times, default=0),
            oldest=min(times, default=0),
        )


def _passing(error: Exception) -> bool:
    """Whether time mends it, as when the broker is away."""
    return isinstance(error, TimeoutError | OSError) or bool(getattr(error, "retriable", False))


def _backoff(failures: int) -> float:
    return float(min(_MAX_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2 ** (failures - 1)))
