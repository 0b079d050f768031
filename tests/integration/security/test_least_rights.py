"""The listed rights are enough for each role's real clients, and each missing one is told."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.base.clock import SystemClock
from schemas.platform import CheckpointSaved, SettledAs
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLOCK_TICKED,
    FEEDBACK_CHANGELOG,
    RECEIVED,
    REGISTRY,
    Topic,
    topic_named,
)
from tests.ingest.scripts import NOW, bad, page
from tests.integration.security.copying import Copying
from tests.integration.security.guarded import Guarded
from tests.integration.streaming.cluster import read_committed, write
from workers.archive.intake.cluster import cluster_id
from workers.archive.intake.source import GROUP, KafkaSource
from workers.archive.projection import ARCHIVED_TOPICS
from workers.config.settings import KafkaSettings
from workers.delivery.outbox import Outbox
from workers.demo.reader import TopicReader
from workers.demo.tally import Tally
from workers.feedback.processor import FeedbackProcessor
from workers.ingest.clock import run_clock
from workers.ingest.publisher import Publisher
from workers.ingest.standing import ClockStanding
from workers.letters.actions import KafkaLetterActions
from workers.letters.carry_out import carry_out
from workers.letters.seam import LetterPlace, LettersError
from workers.letters.writer import TRANSACTIONAL_ID
from workers.observability.metrics import Metrics
from workers.runtime.rights import HOLDERS
from workers.runtime.roles import ROLES
from workers.runtime.topic_check import check_topics
from workers.streaming.access.rights import (
    Resource,
    Right,
    of_group,
    of_reading,
    of_transactions,
    of_writing,
)
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.topics.admin import AccessError, plan_registry, plan_role
from workers.streaming.worker import StreamWorker, WorkerFailedError

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = 90.0

# a client that is cut short while it connects leaves that connection to the garbage collector, and
# with it the transports beneath
_left_to_the_collector = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function AIOKafkaConnection",
    "ignore:Exception ignored in. <function _SSLProtocolTransport",
    "ignore:Exception ignored in. <function _SelectorTransport",
)


@pytest.fixture
def signed_in(guarded: Guarded) -> Callable[[str], KafkaSettings]:
    """A user with exactly the rights listed for a role, after the check at its start."""

    def sign_in(role: str) -> KafkaSettings:
        kafka = guarded.user(role)
        guarded.allow(role, HOLDERS[role]())
        if role in ROLES and not ROLES[role].serves_itself:
            check_topics(kafka, lambda kafka: plan_role(kafka, HOLDERS[role]()))
        return kafka

    return sign_in


class Keeping(Tally):
    """Keeps the records as they are, for other tests write what is no event."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[bytes] = []

    def add(self, topic: str, raw: bytes) -> None:
        """See ``Tally``."""
        del topic
        self.seen.append(raw)


def letters_of(topic: Topic) -> Topic:
    """The dead-letter topic of a topic."""
    return topic_named(topic.dead_letters)


@asynccontextmanager
async def working(role: Role, kafka: KafkaSettings, folder: Path) -> AsyncIterator[StreamWorker]:
    """The role's worker, while the block runs; what ends it early is raised."""
    stop = asyncio.Event()
    watch = MetricsWatch(role.name, Metrics())
    worker = StreamWorker(role, kafka, watch, data_dir=folder)
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something blocking to be true."""
    async with asyncio.timeout(SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("declaring", [FeedbackProcessor, Outbox])
async def test_a_stream_role_works_with_the_rights_listed_for_it(
    guarded: Guarded,
    signed_in: Callable[[str], KafkaSettings],
    tmp_path: Path,
    declaring: Any,
) -> None:
    """It reads, copies, keeps state, writes a dead letter, commits; and restores it again."""
    processor = Copying(declaring)
    kafka = signed_in(processor.name)
    (source,) = (topic for topic in processor.inputs if topic is not CLOCK_TICKED)
    written = [(f"{processor.name}-{n}".encode(), b"good") for n in range(8)]
    await asyncio.to_thread(write, guarded.root, source.name, [*written, (b"b", b"bad")])

    def everything_is_there() -> bool:
        def has(topic: Topic) -> bool:
            keys = {record.key for record in read_committed(guarded.root, topic)}
            return keys >= {key for key, _ in written}

        state = [processor.changelog] if processor.changelog else []
        letters = read_committed(guarded.root, letters_of(source))
        return all(map(has, [*processor.outputs, *state])) and bool(letters)

    async with working(Role(processor), kafka, tmp_path):
        await until(everything_is_there)
    async with working(Role(processor), kafka, tmp_path) as again:
        await until(lambda: again.ready)
        rows = {key for task in again.ownership.tasks.values() for key in task.state}
        assert rows >= {key.decode() for key, _ in written}


async def test_the_connectors_role_works_with_the_rights_listed_for_it(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings]
) -> None:
    """A page with its dead record and checkpoint, the checkpoint again, the clock."""
    client = client_settings(signed_in("connectors"))
    publisher = Publisher("support", client)
    saved = CheckpointSaved(source_name="support", vendor="zendesk", checkpoint={"cursor": "1"})
    assert await publisher.open() is None
    await publisher.write(page("support", 1, 10, dead=[bad("11")]), saved, NOW)
    assert await publisher.open() == saved
    await publisher.close()
    clock = asyncio.create_task(run_clock(client, SystemClock()))
    await until(lambda: bool(read_committed(guarded.root, CLOCK_TICKED)))
    clock.cancel()
    await asyncio.gather(clock, return_exceptions=True)
    for topic in (RECEIVED, letters_of(RECEIVED), CHECKPOINT_SAVED):
        assert read_committed(guarded.root, topic)


async def test_a_clock_that_may_not_write_is_not_well_until_it_may(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings]
) -> None:
    """The reason is told once, with the remedy; granted again, it ticks without a restart."""
    kafka, right = signed_in("connectors"), of_writing([CLOCK_TICKED])
    await asyncio.to_thread(guarded.take, "connectors", right)
    clock = SystemClock()
    standing = ClockStanding(clock)
    standing.ticked()
    with capture_logs() as logs:
        ticking = asyncio.create_task(run_clock(client_settings(kafka), clock, standing))
        await until(lambda: not standing.well)
        await asyncio.to_thread(guarded.allow, "connectors", right)
        await until(lambda: standing.well)
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
    (said,) = [one["error"] for one in logs if one["event"] == "clock_waits"]
    assert "Kafka refused a right on a topic" in said
    assert CLOCK_TICKED.name in said
    assert "`productops topics acls`" in said


@pytest.mark.parametrize("group", [GROUP, None], ids=["role", "rebuild"])
async def test_the_archive_works_with_the_rights_listed_for_it(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings], group: str | None
) -> None:
    """Its share of a group or all partitions, their extents, their records, the cluster's id."""
    kafka = signed_in("archive")
    await asyncio.to_thread(write, guarded.root, RECEIVED.name, [(b"archived", b"x")])
    assert await asyncio.to_thread(cluster_id, kafka)
    source = KafkaSource(
        client_settings(kafka), [topic.name for topic in ARCHIVED_TOPICS], group=group
    )
    async with asyncio.timeout(SECONDS):
        await source.start()
        try:
            while source.sharing or not source.assigned():  # noqa: ASYNC110 - as the intake does
                await asyncio.sleep(0.05)
            spots = source.assigned()
            extents = await source.extents(spots)
            source.seek({spot: extents[spot].first for spot in spots}, source.generation)
            keys: set[bytes | None] = set()
            while b"archived" not in keys:
                fetched = await source.fetch(1_000, 200)
                keys |= {record.key for records in fetched.values() for record in records}
        finally:
            await source.stop()


def test_people_work_with_the_rights_listed_for_them(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings]
) -> None:
    """Looking at events, dropping dead letters in a transaction, comparing the topics."""
    write(guarded.root, RECEIVED.name, [(b"read", b"x")])
    tally = Keeping()
    reader = TopicReader(signed_in("reader"), tally)
    reader.catch_up()
    reader.close()
    assert b"x" in tally.seen
    done = carry_out(
        signed_in("letters"),
        [topic.name for topic in REGISTRY if topic.name.endswith(".dlq")],
        lambda fold: [letter for letter in fold.letters if letter.settled is None],
        lambda _letter, _raw: None,
        SettledAs.DROPPED,
        now=lambda: datetime.now(UTC),
    )
    assert not done.refused
    assert not plan_registry(signed_in("topics")).changes


async def test_the_buttons_of_the_pages_work_with_the_rights_listed_for_them(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings]
) -> None:
    """One letter is dropped; without the right the page says what is missing."""
    publisher = Publisher("buttons", client_settings(guarded.root))
    saved = CheckpointSaved(source_name="buttons", vendor="zendesk", checkpoint={"cursor": "1"})
    await publisher.open()
    await publisher.write(page("buttons", 1, dead=[bad("12")]), saved, NOW)
    await publisher.close()
    (letter,) = [
        LetterPlace(found.topic, found.partition, found.offset, "connectors", "buttons/12")
        for found in await asyncio.to_thread(read_committed, guarded.root, letters_of(RECEIVED))
        if b"buttons/12" in found.value
    ]
    actions = KafkaLetterActions(signed_in("web"), SystemClock())
    transactions = of_transactions(TRANSACTIONAL_ID, prefixed=False)
    guarded.take("web", transactions)
    with pytest.raises(LettersError, match="a right on the transactional id"):
        await asyncio.to_thread(actions.drop, letter)
    guarded.allow("web", transactions)
    assert (await asyncio.to_thread(actions.drop, letter)).done


@pytest.mark.parametrize("role", ["connectors", "feedback", "delivery", "archive"])
def test_each_right_that_is_missing_is_named_at_the_start(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings], role: str
) -> None:
    """Whatever the cluster tells about: topics and groups, one message for all that lack."""
    kafka, rights = signed_in(role), HOLDERS[role]()
    told = sorted(right for right in rights if right.resource is not Resource.TRANSACTIONAL_ID)
    for right in told:
        guarded.take(role, [right])
        with pytest.raises(AccessError) as caught:
            check_topics(kafka, lambda kafka: plan_role(kafka, rights))
        found = re.fullmatch(
            r"Kafka does not let us (.*): grant the principal what `productops topics acls` lists "
            "for its role",
            str(caught.value),
        )
        assert found
        named = found[1].split(", ")
        assert str(right) in named
        assert {one.split(" on ")[1] for one in named} == {str(right).split(" on ")[1]}
        guarded.allow(role, [right])
    guarded.take(role, told)
    with pytest.raises(AccessError) as caught:
        check_topics(kafka, lambda kafka: plan_role(kafka, rights))
    assert all(str(right) in str(caught.value) for right in told)


@_left_to_the_collector
@pytest.mark.parametrize(
    ("right", "what"),
    [
        (of_transactions("productops-feedback-", prefixed=True), "the transactional id"),
        (of_group("productops-feedback"), "the consumer group"),
        (of_writing([FEEDBACK_CHANGELOG]), "a topic"),
    ],
    ids=["transactional id", "group", "topic"],
)
async def test_a_right_that_goes_missing_ends_the_worker_in_words(
    guarded: Guarded,
    signed_in: Callable[[str], KafkaSettings],
    tmp_path: Path,
    right: frozenset[Right],
    what: str,
) -> None:
    """Nothing is tried again in silence, and no thread is left that keeps the process."""
    kafka = signed_in("feedback")
    await asyncio.to_thread(write, guarded.root, RECEIVED.name, [(b"more", b"good")])
    guarded.take("feedback", right)
    worker = StreamWorker(
        Role(Copying(FeedbackProcessor)),
        kafka,
        MetricsWatch("feedback", Metrics()),
        data_dir=tmp_path,
    )
    with pytest.raises(WorkerFailedError) as caught:
        async with asyncio.timeout(SECONDS):
            await worker.run(asyncio.Event())
    assert f"Kafka refused a right on {what}" in str(caught.value)
    assert "`productops topics acls`" in str(caught.value)
    assert all(thread.daemon for thread in threading.enumerate() if "asyncio" not in thread.name
               and thread is not threading.main_thread())  # fmt: skip


@_left_to_the_collector
@pytest.mark.parametrize("topic", [RECEIVED, CLOCK_TICKED], ids=["input", "clock"])
async def test_a_worker_that_may_no_longer_read_ends_in_words(
    guarded: Guarded, signed_in: Callable[[str], KafkaSettings], tmp_path: Path, topic: Topic
) -> None:
    """Waiting would not give the right back: it is not tried again, a person is told."""
    kafka = signed_in("feedback")
    watch = MetricsWatch("feedback", Metrics())
    worker = StreamWorker(Role(Copying(FeedbackProcessor)), kafka, watch, data_dir=tmp_path)
    running = asyncio.create_task(worker.run(asyncio.Event()))
    await until(lambda: worker.ready)
    guarded.take("feedback", of_reading([topic]))
    with pytest.raises(WorkerFailedError, match="Kafka refused a right on a topic"):
        async with asyncio.timeout(SECONDS):
            await running
