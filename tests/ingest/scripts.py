"""A connector that follows a script, and a clock that stops the test when it is over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base.contract import Checkpoint, DeadRecord, Health, Page
from schemas.envelope import Event
from schemas.feedback import Channel, FeedbackReceived, Part
from schemas.platform import CheckpointSaved
from schemas.topics import RECEIVED
from workers.config.sources import Source
from workers.ingest.publisher import Publisher

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)
_LIMIT_SECONDS = 60.0

Step = Page | Exception | Callable[[], Awaitable[None]]
"""A page that is given, an error that is raised, or something to wait for."""


def source(name: str = "support", every: float = 60) -> Source:
    """A source of ``sources.yaml``."""
    return Source(name=name, connector="zendesk", every=timedelta(seconds=every))


def received(source_name: str, number: int, *, at: datetime = NOW, text: str = "") -> Event[Any]:
    """An event of that source."""
    item = f"{source_name}:ticket:{number}"
    return Event[FeedbackReceived](
        id=f"ticket/{number}/1",
        source=f"/sources/{source_name}",
        type=RECEIVED.name,
        time=at,
        partitionkey=item,
        data=FeedbackReceived(
            item_id=item,
            source_name=source_name,
            vendor="zendesk",
            channel=Channel.TICKET,
            part=Part.OPENING,
            part_id="opening",
            text=text,
            created_at=at,
            updated_at=at,
        ),
    )


def page(source_name: str, cursor: int, *numbers: int, dead: Sequence[DeadRecord] = ()) -> Page:
    """A page with the events of these numbers, after which ``cursor`` is where to go on."""
    events = [received(source_name, number) for number in numbers]
    return Page(events, {"cursor": str(cursor)}, dead)


def bad(record_id: str, raw: bytes = b"raw") -> DeadRecord:
    """A record that could not be mapped."""
    return DeadRecord(RECEIVED.name, record_id, "no subject", raw)


class Script:
    """A connector whose pulls are written down beforehand; without more it pulls nothing."""

    vendor: ClassVar[str] = "zendesk"

    def __init__(self, *pulls: Sequence[Step]) -> None:
        self._pulls = [list(steps) for steps in pulls]
        self.asked: list[Checkpoint | None] = []
        """The checkpoint of each pull."""
        self.closed = 0

    async def pull(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """The next pull of the script."""
        self.asked.append(None if checkpoint is None else dict(checkpoint))
        for step in self._pulls.pop(0) if self._pulls else ():
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Page):
                yield step
            else:
                await step()

    async def health(self) -> Health:
        """Well."""
        return Health(ok=True, summary="well")

    async def close(self) -> None:
        """Counted."""
        self.closed += 1


@dataclass
class StepClock:
    """A clock that moves when somebody sleeps; at the ``naps``-th sleep the script is over."""

    naps: int
    moment: datetime = NOW
    slept: list[float] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        """The time in UTC."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds."""
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Time passes at once, until the script is over: then it stands still."""
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)
        if len(self.slept) >= self.naps:
            self.over.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


class Notebook(Publisher):
    """A publisher that writes down what it is given, and fails where it is told to."""

    def __init__(self, known: CheckpointSaved | None = None) -> None:  # no Kafka is wanted
        self.known = known
        """What the topic holds."""
        self.written: list[tuple[Page, CheckpointSaved]] = []
        self.opened = 0
        self.closed = 0
        self.open_fails: list[Exception] = []
        self.write_fails: list[Exception | None] = []

    async def open(self) -> CheckpointSaved | None:
        """What was written last."""
        self.opened += 1
        if self.open_fails:
            raise self.open_fails.pop(0)
        return self.known

    async def write(self, page: Page, saved: CheckpointSaved, now: datetime) -> None:
        """Kept."""
        del now
        error = self.write_fails.pop(0) if self.write_fails else None
        if error is not None:
            raise error
        self.written.append((page, saved))
        self.known = saved

    async def close(self) -> None:
        """Counted."""
        self.closed += 1

    @property
    def notes(self) -> list[tuple[str, str]]:
        """Status and remedy of what was written without a page."""
        return [(saved.status, saved.remedy) for page, saved in self.written if not page.events]


async def to_its_end(work: Awaitable[None], clock: StepClock) -> bool:
    """Run until the script is over, or the work ends; whether it ended by itself."""
    task = asyncio.ensure_future(work)
    over = asyncio.create_task(clock.over.wait())
    done, _ = await asyncio.wait(
        (task, over), timeout=_LIMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    assert done, f"neither the end of the script nor of the work within {_LIMIT_SECONDS:.0f} s"
    ended = task.done()
    for other in (task, over):
        if not other.done():
            other.cancel()
    await asyncio.gather(over, return_exceptions=True)
    if ended:
        await task
    else:
        await asyncio.gather(task, return_exceptions=True)
    return ended
