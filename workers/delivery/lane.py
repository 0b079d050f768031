"""One receiver's lane: one call at a time, at the receiver's rate, oldest request first."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from connectors.base.contract import Clock
from connectors.destinations.contract import Attempt, Destination, Verdict
from workers.delivery.bucket import Bucket
from workers.delivery.queue import Job, Queue
from workers.delivery.reports import AttemptEnded, AttemptStarted
from workers.delivery.rows import MessageRow, Status
from workers.delivery.trace import attempt_span, attempt_trace
from workers.observability.tracing.tracer import NO_TRACER, Tracer
from workers.processor import Submit, TaskClosedError

__all__ = ["Held", "Lane", "Way", "millis"]

log = structlog.get_logger(__name__)

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_AFTER_FAULT_MS = 5_000


@dataclass(frozen=True, slots=True)
class Way:
    """A receiver's way out, and how many calls a second it takes."""

    destination: Destination
    rate: float


@dataclass(slots=True)
class Held:
    """A partition in our hands: its unsettled rows as committed, by state key."""

    partition: int
    submit: Submit
    rows: dict[str, MessageRow] = field(default_factory=dict)


def millis(clock: Clock) -> int:
    """The clock's time in milliseconds since the epoch."""
    return int(clock.now().timestamp() * 1_000)


class Lane:
    """Sends what is due to one receiver.

    A destination in trouble is spared: after a failure without an answer, or with a wish to
    wait, the whole lane pauses, up to a minute or as long as was asked. This pause lives in
    memory only; what has to survive a restart is each message's ``next_at``.
    """

    def __init__(
        self,
        name: str,
        way: Way | None,
        clock: Clock,
        held: Mapping[int, Held],
        tracer: Tracer = NO_TRACER,
    ) -> None:
        """``way`` is ``None`` for receivers that configuration does not know."""
        self.name = name
        self.queue = Queue()
        self._destination = way.destination if way else None
        self._bucket = Bucket(clock, way.rate if way else 1_000.0)
        self._clock = clock
        self._held = held
        self._tracer = tracer
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._current: tuple[int, asyncio.Task[None]] | None = None
        self._free_at = clock.monotonic()
        self._failures = 0

    def put(self, job: Job, due_at: int) -> None:
        """A message is due at this time."""
        self.queue.put(job, due_at)
        self._wake.set()

    def start(self) -> None:
        """Begin to work; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"lane-{self.name}")

    def leave(self, partition: int) -> asyncio.Task[None] | None:
        """Forget a partition; the call in flight for it, cancelled, is returned."""
        self.queue.drop_partition(partition)
        if self._current is None or self._current[0] != partition:
            return None
        self._current[1].cancel()
        return self._current[1]

    def halt(self) -> list[asyncio.Task[None]]:
        """End; what was in flight, cancelled, is returned. ``start`` begins anew."""
        tasks = [task for task in (self._task, self._current and self._current[1]) if task]
        self._task = self._current = None
        for task in tasks:
            task.cancel()
        return tasks

    async def close(self) -> None:
        """Let connections go."""
        if self._destination is not None:
            await self._destination.close()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            delay = self._delay()
            if delay is None or delay > 0:
                await self._rest(delay)
                continue
            job = self.queue.take(millis(self._clock))
            held = self._held.get(job.partition) if job else None
            if job is None or held is None or job.key not in held.rows:
                continue
            task = asyncio.create_task(self._deliver(held, job))
            self._current = (job.partition, task)
            await asyncio.wait({task})
            self._current = None
            if not task.cancelled() and (error := task.exception()) is not None:
                log.warning("delivery_fault", receiver=self.name, error=type(error).__name__)
                if job.key in held.rows and self._held.get(job.partition) is held:
                    self.queue.put(job, millis(self._clock) + _AFTER_FAULT_MS)

    def _delay(self) -> float | None:
        """Seconds until something can be sent; ``None`` while nothing is owed."""
        due_at = self.queue.next_due()
        if due_at is None:
            return None
        return max(
            (due_at - millis(self._clock)) / 1_000,
            self._free_at - self._clock.monotonic(),
            self._bucket.delay(),
        )

    async def _rest(self, seconds: float | None) -> None:
        """Until something new is owed, or so long; at most a minute, for clocks get adjusted."""
        woken = asyncio.create_task(self._wake.wait())
        waits: set[asyncio.Task[bool] | asyncio.Task[None]] = {woken}
        if seconds is not None:
            waits.add(asyncio.create_task(self._sleep(min(seconds, 60.0))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def _deliver(self, held: Held, job: Job) -> None:
        """Steps 1 to 6 of the protocol (see ``workers.delivery.sender``)."""
        asked = held.rows[job.key]
        message_id = asked.request.message_id
        try:
            await held.submit([AttemptStarted(message_id, millis(self._clock))])
            row = held.rows.get(job.key)
            if row is None or row.status is not Status.ATTEMPTING or self._destination is None:
                return  # settled without a call: too old, or its receiver is gone
            started_at = millis(self._clock)
            ended = await self._attempt(self._destination, row)
            if self._tracer is not NO_TRACER:
                self._tracer.record(attempt_span(self.name, row, ended, started_at))
            self._spare(ended.attempt)
            await held.submit([ended])
            self._tell(ended)
        except TaskClosedError:
            return  # the next owner finds the row as it was committed

    async def _attempt(self, destination: Destination, row: MessageRow) -> AttemptEnded:
        """Find out, where it is in doubt whether it arrived; then send."""
        absent = False
        if row.doubt:
            found = await self._find(destination, row)
            if found is not None and found.verdict is not Verdict.RETRY:
                return self._ended(row, found)
            absent = found is not None
        if row.ask_only:
            return self._ended(row, Attempt(Verdict.RETRY), absent=absent)
        repeat = row.doubt and not absent and not destination.deduplicates
        await self._token()
        try:
            attempt = await destination.send(
                row.request, repeat=repeat, traceparent=attempt_trace(row)
            )
        except Exception as error:  # noqa: BLE001 - a destination's fault must not stop the lane
            attempt = self._fault(error)
        return self._ended(row, attempt, repeat=repeat, absent=absent)

    async def _find(self, destination: Destination, row: MessageRow) -> Attempt | None:
        since = datetime.fromtimestamp((row.first_attempt_at or row.requested_at) / 1_000, UTC)
        await self._token()
        try:
            return await destination.find(row.request, since)
        except Exception as error:  # noqa: BLE001 - likewise
            return self._fault(error)

    async def _token(self) -> None:
        delay = self._bucket.delay()
        if delay > 0:
            await self._clock.sleep(delay)
        self._bucket.take()

    def _ended(
        self, row: MessageRow, attempt: Attempt, *, repeat: bool = False, absent: bool = False
    ) -> AttemptEnded:
        return AttemptEnded(
            message_id=row.request.message_id,
            number=row.attempts,
            attempt=attempt,
            at=millis(self._clock),
            repeat=repeat,
            absent=absent,
        )

    def _tell(self, ended: AttemptEnded) -> None:
        """One line an attempt; reasons hold neither secrets nor words of customers."""
        attempt = ended.attempt
        speak = log.debug if attempt.verdict is Verdict.DELIVERED else log.warning
        speak(
            "message_attempted",
            receiver=self.name,
            message=ended.message_id,
            attempt=ended.number,
            verdict=attempt.verdict.value,
            reason=attempt.reason,
            repeat=ended.repeat,
        )

    def _fault(self, error: Exception) -> Attempt:
        log.warning("destination_fault", receiver=self.name, error=type(error).__name__)
        return Attempt(
            Verdict.UNKNOWN,
            f"a fault of this software ({type(error).__name__}), please report it; "
            "the message may have arrived",
        )

    def _spare(self, attempt: Attempt) -> None:
        if attempt.verdict in {Verdict.DELIVERED, Verdict.REFUSED}:
            self._failures = 0
            return
        self._failures += 1
        pause = min(_FIRST_PAUSE * 2 ** min(self._failures - 1, 10), _LONGEST_PAUSE)
        self._free_at = self._clock.monotonic() + max(pause, attempt.retry_after or 0.0)
