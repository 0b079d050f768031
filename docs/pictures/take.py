"""Takes the pictures of the README from the demonstration's own data.

``python docs/pictures/take.py [FOLDER]`` reads the simulated Zendesk and the history file with
the real connectors, classifies and routes with the real worker, projects into a read model and
photographs the pages with Chromium. No Kafka is needed: the records go from hand to hand.
The moment is fixed, so the same program takes the same pictures.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, async_playwright
from sqlalchemy import Engine

from connectors.base.registry import ConnectorContext, spec_named
from connectors.sandbox.demo import Demo, Ports, prepare
from connectors.sandbox.zendesk import Options, make_app
from schemas.envelope import Event
from schemas.notification import MessageRequested, MessageSettled, Outcome
from schemas.platform import CheckpointSaved
from schemas.topics import CHECKPOINT_SAVED, RECEIVED, REQUESTED, SETTLED, Topic
from workers.archive.engine import open_engine
from workers.archive.ledger import Extent, Spot
from workers.archive.migrate import upgrade
from workers.archive.projection import project
from workers.archive.queries import InboxFilter, inbox_page, reading
from workers.archive.writer import Batch, Writer
from workers.config.load import Configuration, load
from workers.config.sources import Source
from workers.feedback.factory import make_processor
from workers.observability.metrics import Metrics
from workers.processor import Emission, Record
from workers.web.app import create_app
from workers.web.options import WebOptions
from workers.web.runner import serve

NOW = datetime(2026, 3, 12, 14, 40, tzinfo=UTC)
PORT = 8_877
WIDE = 1_280
PHONE = {"width": 390, "height": 844}
LARGEST = 300_000
_CHUNK = 200


class StoppedClock:
    """Stands at the moment of the pictures."""

    def now(self) -> datetime:
        """The moment."""
        return NOW

    def monotonic(self) -> float:
        """Does not pass."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Passes at once."""
        del seconds


class Unobserved:
    """Notes nothing."""

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """Ignored."""

    def budget_left(self, source: str, calls: float) -> None:
        """Ignored."""

    def failed(self, source: str, error_class: str) -> None:
        """Ignored."""


async def read(
    source: Source, configuration: Configuration, demo: Demo, transport: httpx.AsyncBaseTransport
) -> AsyncIterator[Record]:
    """What a source brings, as records of the received topic."""
    spec = spec_named(source.connector)
    context = ConnectorContext(
        source_name=source.name,
        transport=transport,
        clock=StoppedClock(),
        observer=Unobserved(),
        since=source.start(NOW),
        folder=demo.config_dir,
    )
    connector = spec.make(configuration.settings[source.name], context)
    async for page in connector.pull(None):
        for event in page.events:
            yield record_of(RECEIVED, event)
    await connector.close()


def record_of(topic: Topic, event: Event[Any]) -> Record:
    """The record of an event, as it would stand in Kafka."""
    at = int(event.time.timestamp() * 1_000)
    return Record(topic.name, 0, 0, event.partitionkey.encode(), event.to_json(), at)


def event_of(topic: Topic, key: str, at: datetime, data: Any) -> Record:
    """The record of an event about ``key``."""
    event = topic.event_model()(
        id=f"{key}/{at.timestamp()}",
        source="/workers/pictures",
        type=topic.name,
        time=at,
        partitionkey=key,
        data=data,
    )
    return record_of(topic, event)


def decide(configuration: Configuration, records: Sequence[Record]) -> list[Emission]:
    """What the feedback worker says about the records, in the order of their time."""
    processor = make_processor(configuration.team, configuration.routes.route)
    state: dict[str, Any] = {}
    emitted: list[Emission] = []
    ordered = sorted(records, key=lambda record: record.timestamp)
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        events = [processor.decode(record) for record in chunk]
        outcome = processor.process(events, state, chunk[-1].timestamp)
        for key, row in outcome.changes.items():
            if row is None:
                state.pop(key, None)
            else:
                state[key] = row
        emitted += outcome.emissions
    return emitted


def settle(emissions: Sequence[Emission]) -> list[Record]:
    """All messages arrived but one, whose channel the bot was never invited to."""
    settled = []
    requests = [one.event for one in emissions if one.topic == REQUESTED.name and one.event]
    for number, request in enumerate(requests):
        message: MessageRequested = request.data
        lost = number == len(requests) - 3
        at = request.time + timedelta(seconds=2)
        data = MessageSettled(
            message_id=message.message_id,
            receiver=message.receiver,
            outcome=Outcome.FAILED if lost else Outcome.DELIVERED,
            attempts=1,
            reason=(
                "Slack answered not_in_channel. Invite the bot to the channel: /invite @productops"
            )
            if lost
            else "",
            about=message.about,
            settled_at=at,
        )
        settled.append(event_of(SETTLED, message.message_id, at, data))
    return settled


def checkpoints() -> list[Record]:
    """Two sources that are well, and one whose token ran out."""
    seen = NOW - timedelta(seconds=12)
    states = (
        CheckpointSaved(
            source_name="support",
            vendor="zendesk",
            last_success=seen,
            last_event_time=NOW - timedelta(minutes=3),
            next_pull_at=seen + timedelta(seconds=60),
        ),
        CheckpointSaved(
            source_name="history",
            vendor="files",
            last_success=NOW - timedelta(minutes=41),
            last_event_time=NOW - timedelta(minutes=52),
            next_pull_at=NOW + timedelta(minutes=19),
        ),
        CheckpointSaved(
            source_name="partners",
            vendor="zendesk",
            status="stopped",
            remedy="Zendesk answered 401: the API token is not accepted any more. Make a new one "
            "(Admin Centre, Apps and integrations, API tokens) and put it into PARTNERS_TOKEN.",
            last_success=NOW - timedelta(hours=5),
            last_event_time=NOW - timedelta(hours=5),
        ),
    )
    return [event_of(CHECKPOINT_SAVED, state.source_name, NOW, state) for state in states]


def fill(engine: Engine, records: Sequence[Record]) -> None:
    """Project records as the archive does."""
    writer = Writer(engine, now=lambda: NOW)
    writer.write(Batch([project(record) for record in records], []))
    writer.take_over({Spot(RECEIVED.name, 0): Extent(0, 0)}, owner="pictures")


async def seed(folder: Path, engine: Engine) -> Configuration:
    """The invented company's feedback, read, decided over and archived."""
    demo = prepare(folder, Ports(zendesk=8_818, slack=8_819), seed=7, now=NOW)
    configuration = load(demo.config_dir, demo.environ)
    desk = make_app(
        seed=7, options=Options(per_minute=600, page_size=100), now=NOW, clock=lambda: NOW
    )
    transport = httpx.ASGITransport(app=desk)
    records = [
        record
        for source in configuration.sources
        async for record in read(source, configuration, demo, transport)
    ]
    emissions = decide(configuration, records)
    decided = [
        Record(one.topic, 0, 0, one.key, one.value, int(one.event.time.timestamp() * 1_000))
        for one in emissions
        if one.event
    ]
    fill(engine, [*records, *decided, *settle(emissions), *checkpoints()])
    return configuration


def best_item(engine: Engine) -> str:
    """An item with much to explain: critical, owned, with several kinds of evidence."""
    with reading(engine) as connection:
        rows = inbox_page(connection, InboxFilter(urgency="critical"), limit=50).rows
    return max(rows, key=lambda row: (len(row.targets), len(row.matches))).item_id


async def photograph(browser: Browser, item_id: str, folder: Path) -> list[Path]:
    """Each page, light and dark, and the inbox on a phone."""
    pages = {
        "inbox": ("/", 860),
        "item": (f"/item?id={item_id}", 1_000),
        "sources": ("/sources", 560),
    }
    taken = []
    for scheme in ("light", "dark"):
        context = await browser.new_context(color_scheme=scheme)
        page = await context.new_page()
        for name, (path, height) in pages.items():
            await page.set_viewport_size({"width": WIDE, "height": height})
            await page.goto(f"http://127.0.0.1:{PORT}{path}")
            file = folder / f"{name}-{scheme}.png"
            await page.screenshot(path=file)
            taken.append(file)
        await context.close()
    context = await browser.new_context(
        viewport=PHONE, is_mobile=True, color_scheme="light", device_scale_factor=2
    )
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{PORT}/")
    file = folder / "inbox-phone.png"
    await page.screenshot(path=file)
    await context.close()
    return [*taken, file]


def shrink(file: Path) -> None:
    """Make a picture smaller with what is installed; raises ``ValueError`` if it stays large."""
    for command in (
        ["pngquant", "--force", "--skip-if-larger", "--quality", "80-98", "--output", file, file],
        ["optipng", "-quiet", "-o2", file],
    ):
        if shutil.which(command[0]):
            subprocess.run([str(part) for part in command], check=False)  # noqa: S603 - our own
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file.name} is larger than {LARGEST:,} bytes")


async def main(folder: Path) -> None:
    """Seed, serve, photograph."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        sys.exit("no browser: apt-get install chromium")
    with tempfile.TemporaryDirectory() as temporary:
        url = f"sqlite:///{temporary}/archive.sqlite"
        engine = open_engine(url)
        upgrade(engine)
        configuration = await seed(Path(temporary) / "demo", engine)
        app = create_app(
            engine,
            configuration=configuration,
            clock=StoppedClock(),
            metrics=Metrics(),
            options=WebOptions(sample=True),
        )
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(serve(app, "127.0.0.1", PORT, stop=stop, ready=ready))
        await ready.wait()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=executable,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            taken = await photograph(browser, best_item(engine), folder)
            await browser.close()
        stop.set()
        await serving
        engine.dispose()
    for file in taken:
        shrink(file)
        print(f"{file.name}  {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent))
