"""A read model filled through the archive's own projection, and the pages over it."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from schemas.envelope import Data, Event
from schemas.feedback import (
    Channel,
    FeedbackClassified,
    FeedbackReceived,
    FeedbackRouted,
    Kind,
    Match,
    Part,
    Sentiment,
    Target,
    Urgency,
)
from schemas.notification import MessageRequested, MessageSettled, Outcome
from schemas.platform import CheckpointSaved, DeadLetter, ErrorClass, Origin
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLASSIFIED,
    RECEIVED,
    REQUESTED,
    ROUTED,
    SETTLED,
    Topic,
)
from workers.archive.engine import open_engine
from workers.archive.ledger import Extent, Spot
from workers.archive.migrate import upgrade
from workers.archive.projection import project
from workers.archive.tables import gaps
from workers.archive.writer import Batch, Writer
from workers.config.load import Configuration
from workers.config.receivers import Receiver
from workers.config.routes import Route, Routes
from workers.config.sources import Source
from workers.config.team import Area, Person, Team, TeamEntry
from workers.letters.seam import LetterActions
from workers.observability.metrics import Metrics
from workers.processor import Record
from workers.web.app import create_app
from workers.web.options import WebOptions

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)


class StoppedClock:
    """A clock that stands at one moment, and is set by hand."""

    def __init__(self) -> None:
        self.moment = NOW
        self.seconds = 0.0

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def monotonic(self) -> float:
        """Moves a millisecond each time somebody looks."""
        self.seconds += 0.001
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Passes at once."""
        self.seconds += seconds


@dataclass
class Scribe:
    """Writes events into a read model as the archive role would."""

    engine: Engine
    count: int = 0
    now: datetime = NOW
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.engine, now=lambda: NOW)

    def event(self, topic: Topic, key: str, data: Data, at: datetime) -> None:
        """Project one event."""
        self.count += 1
        event = Event[type(data)](  # type: ignore[misc]
            id=f"e{self.count}",
            source="/workers/test",
            type=topic.name,
            time=at,
            partitionkey=key,
            data=data,
        )
        self.raw(topic.name, key.encode(), event.to_json(), at)

    def raw(self, topic: str, key: bytes, value: bytes, at: datetime) -> None:
        """Project one record."""
        record = Record(topic, 0, self.count, key, value, int(at.timestamp() * 1_000))
        self.writer.write(Batch([project(record)], []))

    def received(
        self,
        item_id: str = "support:ticket:1",
        text: str = "I was charged twice this month.",
        *,
        subject: str = "",
        part: Part = Part.OPENING,
        part_id: str = "opening",
        at: datetime = NOW,
        **more: Any,
    ) -> str:
        """One part of an item."""
        given = {"vendor": "zendesk", "channel": Channel.TICKET, **more}
        data = FeedbackReceived(
            item_id=item_id,
            source_name=item_id.split(":", 1)[0],
            part=part,
            part_id=part_id,
            subject=subject,
            text=text,
            created_at=at,
            updated_at=at,
            **given,
        )
        self.event(RECEIVED, item_id, data, at)
        return item_id

    def classified(
        self,
        item_id: str = "support:ticket:1",
        *,
        kind: Kind = Kind.BUG,
        matches: tuple[Match, ...] = (),
        at: datetime = NOW,
        **more: Any,
    ) -> str:
        """The labels of an item."""
        given: dict[str, Any] = {
            "revision": 1,
            "language": "en",
            "area": "billing",
            "sentiment": Sentiment.NEGATIVE,
            "urgency": Urgency.NORMAL,
            "confidence": 0.82,
            "model_version": "rules-1",
            **more,
        }
        data = FeedbackClassified(
            item_id=item_id,
            source_name=item_id.split(":", 1)[0],
            kind=kind,
            matches=matches,
            **given,
        )
        self.event(CLASSIFIED, item_id, data, at)
        return item_id

    def routed(
        self,
        item_id: str = "support:ticket:1",
        *,
        reason: str = "kind = bug and area = billing",
        at: datetime = NOW,
        **more: Any,
    ) -> str:
        """The route of an item."""
        given: dict[str, Any] = {
            "revision": 1,
            "team": "payments",
            "owner": "maya",
            "targets": (Target(receiver="payments-slack", route="billing bugs", reason=reason),),
            "announced": True,
            "classified_revision": 1,
            **more,
        }
        data = FeedbackRouted(item_id=item_id, source_name=item_id.split(":", 1)[0], **given)
        self.event(ROUTED, item_id, data, at)
        return item_id

    def requested(
        self,
        message_id: str = "m1",
        about: str = "support:ticket:1",
        *,
        at: datetime = NOW,
        **more: Any,
    ) -> str:
        """A message to send."""
        given = {"receiver": "payments-slack", "title": "Bug in Billing", **more}
        data = MessageRequested(message_id=message_id, about=about, **given)
        self.event(REQUESTED, message_id, data, at)
        return message_id

    def settled(
        self,
        message_id: str = "m1",
        about: str = "support:ticket:1",
        *,
        outcome: Outcome = Outcome.DELIVERED,
        at: datetime = NOW,
        **more: Any,
    ) -> str:
        """How a message ended."""
        given = {"receiver": "payments-slack", "attempts": 1, **more}
        data = MessageSettled(
            message_id=message_id, about=about, outcome=outcome, settled_at=at, **given
        )
        self.event(SETTLED, message_id, data, at)
        return message_id

    def checkpoint(self, name: str = "support", *, at: datetime = NOW, **more: Any) -> str:
        """How a source is."""
        given: dict[str, Any] = {
            "vendor": "zendesk",
            "last_success": at,
            "last_event_time": at,
            "next_pull_at": at + timedelta(minutes=1),
            **more,
        }
        data = CheckpointSaved(source_name=name, **given)
        self.event(CHECKPOINT_SAVED, name, data, at)
        return name

    def dead(
        self,
        message: str = "data.score: greater than the scale allows",
        value: bytes = b'{"id": 7}',
        *,
        at: datetime = NOW,
        source: str | None = "support",
        error_class: ErrorClass = ErrorClass.MAPPING,
        origin: Origin | None = None,
        letter_id: str = "",
        **more: Any,
    ) -> str:
        """A dead letter, by default a connector's; returns its id on the pages."""
        self.count += 1
        event_id = letter_id or f"{source}/ticket/{self.count}"
        data = DeadLetter.model_construct(
            origin=origin or Origin(topic=RECEIVED.name, source_name=source, record_id="ticket/7"),
            error_class=error_class,
            message=message,
            value=value,
            role="connectors",
            worker_version="0.1.0",
            first_failed_at=at,
            last_failed_at=at,
            **more,
        )
        topic = f"{RECEIVED.name}.dlq"
        event = Event[DeadLetter].model_construct(
            id=event_id,
            source="/workers/test",
            type=topic,
            time=at,
            partitionkey="support",
            data=data,
        )
        self.raw(topic, b"support", event.to_json(), at)
        return f"{topic}/connectors/{event_id}"

    def looked(self, *, lag: int = 0) -> None:
        """Note that the archive has read its partitions up to ``lag`` events from the end."""
        self.writer.take_over({Spot(RECEIVED.name, 0): Extent(0, lag)}, owner="test")

    def gap(
        self, topic: str, partition: int, first: int, following: int, *, at: datetime = NOW
    ) -> None:
        """Note that offsets from ``first`` to before ``following`` were gone unread."""
        row = {
            "topic": topic,
            "partition": partition,
            "first_offset": first,
            "next_offset": following,
            "found_at": at,
            "reason": "retention",
        }
        with self.engine.begin() as connection:
            connection.execute(insert(gaps).values(row))


def configuration() -> Configuration:
    """A small company."""
    return Configuration(
        team=Team(
            company="Larkfield",
            live_since=datetime(2026, 3, 1, tzinfo=UTC),
            people=(
                Person(id="maya", name="Maya Lindqvist"),
                Person(id="jonas", name="Jonas Weber"),
                Person(id="priya", name="Priya Raman"),
            ),
            teams=(
                TeamEntry(id="payments", name="Payments"),
                TeamEntry(id="mobile", name="Mobile"),
            ),
            areas=(
                Area(id="billing", name="Billing", owner="maya", team="payments"),
                Area(id="scheduling", name="Scheduling", owner="jonas"),
                Area(id="app", name="Mobile app", owner="priya", team="mobile"),
            ),
        ),
        routes=Routes.model_construct(
            receivers=(Receiver.model_construct(name="payments-slack"),),
            route=Route.model_construct(receiver="payments-slack"),
        ),
        sources=(
            Source(name="support", connector="zendesk"),
            Source(name="history", connector="files"),
        ),
    )


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of the pages."""
    return StoppedClock()


@pytest.fixture(scope="session")
def blank_archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a migrated, empty SQLite file: copied, not migrated again, for each test."""
    path = tmp_path_factory.mktemp("blank") / "archive.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()  # the last connection folds the write-ahead log into the file
    return path.read_bytes()


@pytest.fixture
def archive_path(tmp_path: Path, blank_archive: bytes) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path / "archive.sqlite"
    path.write_bytes(blank_archive)
    return path


@pytest.fixture
def scribe(archive_path: Path) -> Iterator[Scribe]:
    """Fills the read model."""
    engine = open_engine(f"sqlite:///{archive_path}")
    made = Scribe(engine)
    made.looked()
    yield made
    engine.dispose()


@pytest.fixture
def reader(archive_path: Path) -> Iterator[Engine]:
    """The read model as the pages open it."""
    engine = open_engine(f"sqlite:///{archive_path}", read_only=True)
    yield engine
    engine.dispose()


@pytest.fixture
def metrics() -> Metrics:
    """The instruments of the role."""
    return Metrics()


@pytest.fixture
def make_app(reader: Engine, clock: StoppedClock, metrics: Metrics) -> Callable[..., FastAPI]:
    """Makes the application; keywords are its options."""

    def make(
        *, configured: bool = True, letters: LetterActions | None = None, **options: Any
    ) -> FastAPI:
        return create_app(
            reader,
            configuration=configuration() if configured else None,
            clock=clock,
            metrics=metrics,
            options=WebOptions(**options),
            letters=letters,
        )

    return make


@pytest.fixture
async def browse(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages, as a reader on this machine."""
    transport = httpx.ASGITransport(app=make_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as client:
        yield client
