"""Copies of states that this process does not own, so that a takeover needs no restore.

A copy is exactly what the changelog says before its position. Two things make copies:

* A task that is given up in good order leaves its state here. A rebalance gives every task up
  and mostly hands it back at once; then only the records since are read.
* Where standby copies are switched on, the changelogs of all tasks that other processes own are
  followed, committed records only. When their owner dies, what is missing is what it wrote last.

A copy is a head start and never a source of truth: the task that takes it fences the former
owner first and then reads the rest of the changelog, as it would from the beginning.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from workers.streaming.backoff import backoff
from workers.streaming.connection.closing import stop_consumer
from workers.streaming.engine.halts.memory import MemoryBound, return_free_memory
from workers.streaming.engine.recovery.restore import RestoreError, changelog_consumer, take_in
from workers.streaming.engine.recovery.state import State
from workers.streaming.engine.role import Role
from workers.streaming.engine.watch import TaskWatch

__all__ = ["Standby"]

log = structlog.get_logger(__name__)

_POLL_MS = 500
_AT_ONCE = 2_000
_STALE_SECONDS = 3_600.0
"""A copy not brought up to date for so long is thrown away: the changelog's deletions are only
kept for a day (``delete.retention.ms``), and one that was missed would leave a row for ever."""
_ANSWERED_MS = 60_000
_FIRST_BACKOFF_SECONDS = 0.5
_MAX_BACKOFF_SECONDS = 30.0

_Copies = dict[int, State[Any]]


class Standby:
    """The copies of one process, by partition. All methods run on its event loop."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        role: Role,
        *,
        follows: bool,
        memory: MemoryBound,
        watch: TaskWatch,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = lambda: time.time() * 1000,
    ) -> None:
        """``follows``: whether to follow what other processes own, rather than keep only."""
        self._settings = settings
        self._role = role
        self._changelog = role.processor.changelog
        self._follows = follows and self._changelog is not None
        self._memory = memory
        self._watch = watch
        self._clock = clock
        self._wall = wall
        self._copies: _Copies = {}
        self._fresh_at: dict[int, float] = {}
        self._moved = asyncio.Event()

    @property
    def rows(self) -> Mapping[int, int]:
        """Rows of each copy."""
        return {partition: len(copy.rows) for partition, copy in self._copies.items()}

    def keep(self, partition: int, state: State[Any]) -> None:
        """Keep the state that a task left behind in good order."""
        if self._changelog is not None:
            self._copies[partition] = state
            self._fresh_at[partition] = self._clock()

    def take(self, partition: int) -> State[Any] | None:
        """Hand a copy to its task, if there is one worth having; it is the task's from now on."""
        copy = self._copies.pop(partition, None)
        fresh_at = self._fresh_at.pop(partition, 0.0)
        self._watch.standby(partition, None)
        self._moved.set()
        if copy is None or self._clock() - fresh_at > _STALE_SECONDS:
            return None
        return copy

    def owned(self, partitions: AbstractSet[int]) -> None:
        """These are this process's tasks from now on: follow or forget the others."""
        self._moved.set()
        for partition in range(self._role.partitions):
            if partition in partitions:
                continue
            if self._follows:
                self._copies.setdefault(partition, State())
                self._fresh_at.setdefault(partition, self._clock())
            else:
                self._forget(partition)

    async def run(self) -> None:
        """Follow until cancelled; errors of Kafka's are waited out."""
        failures = 0
        while self._follows:
            try:
                async for _ in self._following():
                    failures = 0
            except (KafkaError, OSError, TimeoutError) as error:
                failures += 1
                log.warning("standby_waits", role=self._role.name, error=str(error))
            except RestoreError as error:
                log.error("standby_stops", role=self._role.name, error=str(error))  # noqa: TRY400
                self._drop_all()
                return
            if self._memory.reached:
                self.give_up()
            if not self._follows:
                return
            await asyncio.sleep(
                backoff(max(1, failures), first=_FIRST_BACKOFF_SECONDS, most=_MAX_BACKOFF_SECONDS)
            )

    def give_up(self) -> bool:
        """Free the memory of all copies, and follow no more; ``False`` where there were none."""
        had_some = any(copy.rows for copy in self._copies.values())
        if self._copies:
            log.warning(
                "standby_dropped",
                role=self._role.name,
                remedy="copies take memory that tasks need: give the role more of it and raise "
                "PRODUCTOPS_MEMORY_LIMIT_MB, or switch PRODUCTOPS_STANDBY off",
            )
        self._drop_all()
        return_free_memory()
        return had_some

    async def _following(self) -> Any:
        """Yields after each turn; ends when what is to be followed or the memory says so."""
        consumer = changelog_consumer(self._settings, out_of_range="none")
        try:
            await consumer.start()
            while self._follows and not self._memory.reached:
                self._moved.clear()
                copies = dict(self._copies)
                if not copies:
                    await self._moved.wait()
                    continue
                await self._place(consumer, copies)
                while not (self._moved.is_set() or self._memory.reached):
                    await self._turn(consumer, copies)
                    yield
        finally:
            await stop_consumer(consumer)

    async def _place(self, consumer: AIOKafkaConsumer, copies: _Copies) -> None:
        """Point the consumer at where each copy ends; one that is behind the log starts anew."""
        tps = {self._tp(partition): copy for partition, copy in copies.items()}
        consumer.assign(list(tps))
        starts = await consumer.beginning_offsets(list(tps))
        for tp, copy in tps.items():
            if copy.position < starts[tp]:
                copy.rows.clear()
                copy.position = starts[tp]
            consumer.seek(tp, copy.position)

    async def _turn(self, consumer: AIOKafkaConsumer, copies: _Copies) -> None:
        try:
            found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_AT_ONCE)
        except OffsetOutOfRangeError as error:
            self._begin_anew(copies, {tp.partition for tp in error.args[0]})
            return
        positions = {tp: await consumer.position(tp) for tp in consumer.assignment()}
        # No waiting from here on: a copy that was taken meanwhile belongs to its task.
        for partition, copy in copies.items():
            tp = self._tp(partition)
            if self._copies.get(partition) is not copy:
                continue
            # A copy that was taken and given back meanwhile is further than this turn knows.
            records = [
                (record.key, record.value)
                for record in found.get(tp, ())
                if record.offset >= copy.position
            ]
            take_in(copy.rows, records, self._role.processor.codec, tp)
            copy.position = max(copy.position, positions[tp])
            if tp in found or self._up_to_date(consumer, tp):
                self._fresh_at[partition] = self._clock()
            self._watch.standby(partition, len(copy.rows))

    def _up_to_date(self, consumer: AIOKafkaConsumer, tp: TopicPartition) -> bool:
        """Whether the partition's leader has lately said that there is no more."""
        answered = consumer.last_poll_timestamp(tp)
        return answered is not None and self._wall() - answered < _ANSWERED_MS

    def _begin_anew(self, copies: _Copies, partitions: AbstractSet[int]) -> None:
        """What was created anew, or has lost its beginning, is copied from where it begins."""
        for partition in partitions:
            copy = copies[partition]
            if self._copies.get(partition) is copy:
                copy.rows.clear()
                copy.position = 0
        self._moved.set()

    def _tp(self, partition: int) -> TopicPartition:
        if self._changelog is None:
            raise RuntimeError("a role without state has nothing to follow")
        return TopicPartition(self._changelog.name, partition)

    def _forget(self, partition: int) -> None:
        self._fresh_at.pop(partition, None)
        if self._copies.pop(partition, None) is not None:
            self._watch.standby(partition, None)

    def _drop_all(self) -> None:
        self._follows = False
        for partition in list(self._copies):
            self._copies[partition].rows.clear()  # the turn in hand still holds the copy
            self._forget(partition)
        self._moved.set()
