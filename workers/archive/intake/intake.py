"""The loop: fetch committed records, write them with their offsets, fetch again.

Nothing is fetched while a batch is being written, so a slow database slows the reading and
never fills the memory. Whatever goes wrong, the answer is the same: forget what is owned,
take it over again, and go on from the offsets in the database.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from aiokafka.errors import KafkaError

from workers.archive.intake.fuses import Fuses, PartitionsHaltedError
from workers.archive.intake.position import Standings
from workers.archive.intake.progress import STAGE, Progress
from workers.archive.intake.source import OwnershipChangedError, PositionLostError, Source
from workers.archive.ledger import Advance, FencedError, Spot
from workers.archive.projection import Projected, project
from workers.archive.writer import Batch, DatabaseUnavailableError, Writer, Written
from workers.observability.turn import Turn
from workers.observability.waiting import Waiting
from workers.processor import Record
from workers.streaming.access.reasons import in_words
from workers.streaming.consumers.static_member import ReplicaTakenError
from workers.streaming.engine.halts.fuse import FuseLimits

__all__ = ["Intake", "IntakeFailedError", "IntakeSettings"]

log = structlog.get_logger(__name__)

T = TypeVar("T")


class IntakeFailedError(Exception):
    """A person has to act, or a new process is the better try. The message says why."""


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """Sizes and times of the loop; times in seconds."""

    batch: int = 1_000
    """Records in one transaction at most."""
    wait: float = 0.5
    """How long a fetch waits for a first record."""
    check: float = 5.0
    """How often the ends of partitions are looked up and the age of the model is stated."""
    after_fence: float = 4.0
    """How long a process that was fenced waits before it takes over what it is still given:
    longer than a heartbeat, by which a process that was cut off learns that it was."""
    first_retry: float = 0.5
    last_retry: float = 15.0
    give_up: float = 120.0
    """After so long without Kafka the loop ends with ``IntakeFailedError``."""


class Intake:
    """Brings partitions of a source into the database. ``run`` is called once."""

    def __init__(
        self,
        source: Source,
        writer: Writer,
        *,
        owner: str,
        cluster_id: str | None,
        progress: Progress,
        settings: IntakeSettings | None = None,
        fuse: FuseLimits = FuseLimits(),  # noqa: B008 - frozen
        turn: Turn | None = None,
    ) -> None:
        """``turn`` is told of every step of the loop, and of every failed one."""
        self._source = source
        self._writer = writer
        self._owner = owner
        self._cluster_id = cluster_id
        self._progress = progress
        self._settings = settings or IntakeSettings()
        self._reading = False
        self.listens = True
        """Whether Kafka owes us answers: not while the database has its turn."""
        self._fuses = Fuses(fuse)
        self._turn = turn or Turn()
        self._halted: dict[Spot, tuple[int | None, int]] = {}
        """What stands still: in which generation, at which offset."""
        self._standings = Standings()
        self._waiting: Waiting[Spot] = Waiting()
        self._taken: int | None = None
        """Generation of the source whose partitions are owned."""
        self._checked = 0.0
        self._kafka_seen = time.monotonic()
        self._retry = self._settings.first_retry
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive-sql")

    @property
    def ready(self) -> bool:
        """Whether records are being taken in, of every partition that is ours."""
        return self._reading and not self._halted

    @property
    def behind(self) -> int:
        """Records that wait in Kafka, as far as is known."""
        return sum(self._standings.behind.values())

    async def run(self, stop: asyncio.Event, *, until: Mapping[Spot, int] | None = None) -> None:
        """Take records in until ``stop``, or until every partition of ``until`` is that far.

        Kafka or the database being away is waited for, unready; raises
        ``IntakeFailedError`` when Kafka stays away, or another process has our name in the group.
        A partition of which too many records cannot be taken in stands still, unready, and the
        others go on; with ``until``, to which it would not come, ``PartitionsHaltedError`` is
        raised instead.
        """
        stopped = asyncio.create_task(stop.wait())
        try:
            with self._turn.going_round():
                while not stop.is_set() and not self._reached(until):
                    self._turn.comes_round()
                    try:
                        await self._guarded(stopped)
                    except PartitionsHaltedError as error:
                        if until is not None:
                            raise
                        self._halt(error)
        finally:
            stopped.cancel()
            self._reading = False
            self._thread.shutdown(wait=True)

    def _reached(self, until: Mapping[Spot, int] | None) -> bool:
        return until is not None and all(
            spot in self._standings and self._standings[spot].next_offset >= offset
            for spot, offset in until.items()
        )

    async def _guarded(self, stopped: "asyncio.Task[bool]") -> None:
        """One step, and what to do when it fails."""
        try:
            await _unless(stopped, self._step())
        except OwnershipChangedError:
            self._lose()
        except PositionLostError:
            log.warning("archive.position_lost", remedy="the gap is recorded when it is taken up")
            self._lose()
            await _wait(stopped, self._settings.first_retry)
        except FencedError as error:
            self._progress.aborted(fenced=True)
            log.warning(
                "archive.fenced", partitions=[f"{s.topic}/{s.partition}" for s in error.spots]
            )
            self._lose()
            await _wait(stopped, self._settings.after_fence)
        except DatabaseUnavailableError as error:
            self._progress.aborted(fenced=False)
            with self._at_database():
                await self._retry_later(stopped, "archive.database_unavailable", str(error))
        except ReplicaTakenError as error:
            raise IntakeFailedError(str(error)) from error
        except KafkaError as error:
            await self._kafka_away(stopped, error)
        else:
            self._retry = self._settings.first_retry
            self._kafka_seen = time.monotonic()

    async def _kafka_away(self, stopped: "asyncio.Task[bool]", error: KafkaError) -> None:
        away = time.monotonic() - self._kafka_seen
        reason = in_words(error)
        if away > self._settings.give_up:
            raise IntakeFailedError(
                f"Kafka has not been usable for {away:.0f} s: {reason}"
            ) from error
        await self._retry_later(stopped, "archive.kafka_unavailable", reason)

    async def _retry_later(self, stopped: "asyncio.Task[bool]", what: str, why: str) -> None:
        log.warning(what, reason=why, retry_in_seconds=self._retry)
        self._lose()
        self._reading = False
        await _wait(stopped, self._retry)
        self._retry = min(self._retry * 2, self._settings.last_retry)

    def _halt(self, error: PartitionsHaltedError) -> None:
        """Leave these where they stand; the rest of the batch is read again."""
        for spot, reason in error.reasons.items():
            offset = self._standings[spot].next_offset
            self._halted[spot] = (self._taken, offset)
            log.error(
                "task_halted",
                role=STAGE,
                task=spot.partition,
                topic=spot.topic,
                partition=spot.partition,
                offset=offset,
                reason=f"{spot.topic} partition {spot.partition} stands at offset {offset}, "
                f"nothing of what follows is taken in: {reason}",
                remedy=error.remedy,
            )
        self._progress.fetched(0)
        self._lose()

    def _lose(self) -> None:
        self._standings.forget()
        self._waiting.forget()
        self._fuses.forget()
        self._taken = None
        self._progress.lag({}, {})
        self._progress.halts((), self._halted)

    async def _step(self) -> None:
        if self._taken != self._source.generation:
            if self._source.sharing:
                self._source.check()
                self._lose()
                await asyncio.sleep(self._settings.wait / 5)
                return
            await self._take_over()
        fetched = await self._source.fetch(self._settings.batch, int(self._settings.wait * 1000))
        if self._taken != self._source.generation:
            return  # what was fetched is fetched again from the database's offsets
        owned = {spot: records for spot, records in fetched.items() if records}
        if owned:
            await self._write(owned)
        if await self._unstated(idle=not owned):
            await self._check()

    async def _take_over(self) -> None:
        generation = self._source.generation
        spots = self._source.assigned()
        self._standings.forget()
        self._waiting.forget()
        self._fuses.forget()
        self._progress.assigned()
        extents = await self._source.extents(spots)
        taken = await self._in_thread(
            lambda: self._writer.take_over(extents, owner=self._owner, cluster_id=self._cluster_id)
        )
        for gap in taken.gaps:
            log.error(
                "archive.gap",
                topic=gap.spot.topic,
                partition=gap.spot.partition,
                first_offset=gap.first_offset,
                next_offset=gap.next_offset,
                reason=gap.reason,
            )
        positions = {spot: claim.next_offset for spot, claim in taken.claims.items()}
        # who has a partition anew, or finds it elsewhere as after a rebuild, tries it once more
        self._halted = {
            spot: where
            for spot, where in self._halted.items()
            if where == (generation, positions.get(spot))
        }
        self._source.seek(positions, generation, held=self._halted)
        self._standings.take(taken.claims, extents)
        self._taken = generation
        self._tell_lag()
        self._progress.halts(positions, self._halted)
        self._reading = True
        log.info("archive.reading", partitions=len(spots), behind=self.behind)

    async def _write(self, fetched: Mapping[Spot, Sequence[Record]]) -> None:
        started = time.perf_counter()
        records = [record for spot in fetched for record in fetched[spot]]
        self._progress.fetched(len(records))
        steps = self._standings.steps(
            {spot: records_of[-1].offset + 1 for spot, records_of in fetched.items()},
            {},
            wrote=fetched,
        )

        def in_thread() -> tuple[Sequence[Projected], Written]:
            projected = [project(record) for record in records]
            return projected, self._writer.write(Batch(projected, steps), self._fuses.judge)

        projected, written = await self._in_thread(in_thread)
        for spot, records_of in fetched.items():
            self._waiting.passed(spot, records_of[-1].timestamp / 1_000)
        self._moved(steps)
        seconds = time.perf_counter() - started
        self._progress.committed(
            projected, written, records=records, seconds=seconds, now=datetime.now(UTC)
        )
        if written.unreadable:
            log.warning("archive.unreadable", records=written.unreadable)

    async def _unstated(self, *, idle: bool) -> bool:
        """Whether the database does not know how far we are, or has not heard for long."""
        if time.monotonic() - self._checked >= self._settings.check:
            return True
        if not idle:
            return False
        positions = await self._source.positions(self._standings.spots)
        return any(at != self._standings[spot].next_offset for spot, at in positions.items())

    async def _check(self) -> None:
        """Step over the markers of transactions, look up the ends, state the age of the model."""
        spots = self._standings.spots
        positions = await self._source.positions(spots)
        ends = {spot: extent.end for spot, extent in (await self._source.extents(spots)).items()}
        steps = self._standings.steps(positions, ends, wrote=())
        await self._in_thread(lambda: self._writer.write(Batch((), steps)))
        self._checked = time.monotonic()
        self._moved(steps)

    def _moved(self, steps: Sequence[Advance]) -> None:
        self._standings.moved(steps)
        self._tell_lag()

    def _tell_lag(self) -> None:
        behind = self._standings.behind
        self._progress.lag(behind, self._waiting.seconds(behind, time.time()))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work to its end, even when we are being stopped."""
        with self._at_database():
            running = asyncio.get_running_loop().run_in_executor(self._thread, work)
            return await asyncio.shield(running)

    @contextmanager
    def _at_database(self) -> Iterator[None]:
        """What is fetched meanwhile waits, and nothing more is asked for."""
        self.listens = False
        try:
            yield
        finally:
            self.listens = True


async def _unless(stopped: "asyncio.Task[bool]", work: Coroutine[Any, Any, None]) -> None:
    """Wait for the work, or cut it off when the archive is to stop."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _wait(stopped: "asyncio.Task[bool]", seconds: float) -> None:
    await asyncio.wait((stopped,), timeout=seconds)
