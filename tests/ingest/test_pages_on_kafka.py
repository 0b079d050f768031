"""Pages and checkpoints on a real Kafka: together or not at all, one poller a source."""

import asyncio
import gc
import hashlib
import os
import signal
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from connectors.base.contract import Page
from connectors.base.errors import ConfigurationError, TransientError
from schemas.platform import CheckpointSaved, DeadLetter, ErrorClass
from schemas.topics import CHECKPOINT_SAVED, RECEIVED, dead_letter_topic, topic_named
from tests.ingest.conftest import Seen
from tests.ingest.scripts import (
    NOW,
    Script,
    StepClock,
    bad,
    page,
    received,
    source,
    to_its_end,
)
from workers.config.settings import KafkaSettings
from workers.ingest.poller import Poller
from workers.ingest.publisher import Publisher, saved_checkpoints
from workers.ingest.watch import SourceWatch
from workers.observability.metrics import Metrics
from workers.streaming.engine.transaction import FencedError

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).with_name("publishing.py")
Client = dict[str, Any]
Open = Callable[..., Publisher]
See = Callable[[str], Seen]
Unique = Callable[[str], str]


@pytest.fixture
async def publishers(client: Client) -> AsyncIterator[Open]:
    """Makes publishers, which are closed after the test."""
    made: list[Publisher] = []

    def make(name: str, **more: Any) -> Publisher:
        made.append(Publisher(name, client, **more))
        return made[-1]

    yield make
    for publisher in made:
        await publisher.close()


@pytest.fixture(autouse=True)
def tidied() -> Iterator[None]:
    """What aiokafka leaves of a fenced producer complains when it is collected: here, then."""
    yield
    gc.collect()


def saved(name: str, cursor: int) -> CheckpointSaved:
    """A checkpoint."""
    return CheckpointSaved(source_name=name, vendor="zendesk", checkpoint={"cursor": str(cursor)})


def written_uncommitted(kafka: KafkaSettings, name: str) -> int:
    """Received events of a source that are in the log, committed or not."""
    consumer = KafkaConsumer(
        bootstrap_servers=list(kafka.servers), enable_auto_commit=False, group_id=None
    )
    tps = [TopicPartition(RECEIVED.name, partition) for partition in range(RECEIVED.partitions)]
    consumer.assign(tps)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(tps)
    count, mark = 0, f'"/sources/{name}"'.encode()
    while any(consumer.position(tp) < ends[tp] for tp in tps):
        for records in consumer.poll(timeout_ms=200).values():
            count += sum(mark in (record.value or b"") for record in records)
    consumer.close()
    return count


async def test_a_page_killed_before_its_commit_never_was(
    topics: KafkaSettings, publishers: Open, seen: See, unique: Unique
) -> None:
    """Killed when all is written but the commit: no event, no dead letter, no checkpoint of it.

    The next poller is told the checkpoint before, and writes the page once.
    """
    name = unique("killed")
    killed = await asyncio.create_subprocess_exec(
        *[sys.executable, str(SCRIPT), ",".join(topics.servers), name],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])},
    )
    assert await asyncio.wait_for(killed.wait(), 120) == -signal.SIGKILL
    assert written_uncommitted(topics, name) == 4
    successor = publishers(name)
    last = await successor.open()
    assert last is not None
    assert last.checkpoint == {"cursor": "1"}
    view = seen(name)
    assert view.received == ["ticket/10/1", "ticket/11/1"]
    assert [letter["id"] for letter in view.letters] == [f"{name}/1"]
    assert view.cursors == ["1"]
    await successor.write(page(name, 2, 20, 21, dead=[bad("2")]), saved(name, 2), NOW)
    assert view.received == [f"ticket/{number}/1" for number in (10, 11, 20, 21)]
    assert [letter["id"] for letter in view.letters] == [f"{name}/1", f"{name}/2"]
    assert view.cursors == ["1", "2"]


async def test_an_older_poller_of_the_same_source_is_fenced(
    publishers: Open, seen: See, unique: Unique
) -> None:
    """From the moment a younger one has started, the older one writes nothing more."""
    name = unique("fenced")
    older, younger = publishers(name), publishers(name)
    assert await older.open() is None
    await older.write(page(name, 1, 1), saved(name, 1), NOW)
    last = await younger.open()
    assert last is not None
    assert last.checkpoint == {"cursor": "1"}
    with pytest.raises(FencedError):
        await older.write(page(name, 2, 666), saved(name, 2), NOW)
    await younger.write(page(name, 2, 2), saved(name, 2), NOW)
    assert seen(name).received == ["ticket/1/1", "ticket/2/1"]
    assert seen(name).cursors == ["1", "2"]


async def test_another_sources_poller_is_not_fenced(
    publishers: Open, seen: See, unique: Unique
) -> None:
    """Sources are independent: each has a producer of its own."""
    one, other = unique("one"), unique("other")
    first, second = publishers(one), publishers(other)
    await first.open()
    await second.open()
    await first.write(page(one, 1, 1), saved(one, 1), NOW)
    await second.write(page(other, 5, 5), saved(other, 5), NOW)
    assert (seen(one).cursors, seen(other).cursors) == (["1"], ["5"])


async def test_an_open_transaction_of_another_source_hides_no_checkpoint(
    publishers: Open, unique: Unique
) -> None:
    """What was committed behind it is waited for: an older checkpoint is never taken instead."""
    name, slow = unique("quick"), unique("slow")
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        assert holding._producer is not None
        sent = [written for written, _ in holding._producer._sent]
        await asyncio.gather(*sent)  # in the topic, before the commit
        begun.set()
        await go_on.wait()

    holding, first = publishers(slow, written=hold), publishers(name)
    await holding.open()
    await first.open()
    await first.write(page(name, 1, 1), saved(name, 1), NOW)
    held = asyncio.create_task(holding.write(page(slow, 7, 7), saved(slow, 7), NOW))
    await asyncio.wait_for(begun.wait(), 60)
    await first.write(page(name, 2, 2), saved(name, 2), NOW)
    opening = asyncio.create_task(publishers(name).open())
    await asyncio.wait({opening}, timeout=1.5)
    go_on.set()
    await held
    last = await opening
    assert last is not None
    assert last.checkpoint == {"cursor": "2"}


async def test_the_checkpoints_of_all_sources_can_be_read(
    client: Client, publishers: Open, unique: Unique
) -> None:
    """The last one of each, by its name."""
    names = [unique("a"), unique("b")]
    for count, name in enumerate(names, start=1):
        publisher = publishers(name)
        await publisher.open()
        for cursor in range(count + 1):
            await publisher.write(page(name, cursor), saved(name, cursor), NOW)
    found = await saved_checkpoints(client)
    assert [found[name].checkpoint["cursor"] for name in names] == ["1", "2"]


async def test_an_oversized_event_becomes_a_dead_letter(
    publishers: Open, seen: See, unique: Unique
) -> None:
    """Two million bytes in one event stop nobody: the rest of its page is written beside it."""
    name = unique("big")
    publisher = publishers(name)
    await publisher.open()
    attributes = {f"field-{number}": "ü" * 1_000 for number in range(1_000)}
    big = received(name, 1)
    big = big.model_copy(update={"data": big.data.model_copy(update={"attributes": attributes})})
    content = Page([received(name, 0), big, received(name, 2)], {"cursor": "1"})
    await publisher.write(content, saved(name, 1), NOW)
    assert seen(name).received == ["ticket/0/1", "ticket/2/1"]
    (letter,) = seen(name).letters
    data = DeadLetter.model_validate(letter["data"])
    assert letter["id"] == f"{name}/ticket/1/1"
    assert data.error_class is ErrorClass.OVERSIZED
    assert data.origin.topic == RECEIVED.name
    assert data.origin.source_name == name
    assert data.truncated
    assert big.to_json().startswith(data.value)
    assert len(data.value) == 512 * 1024


async def test_bad_records_become_dead_letters_with_the_same_ids_every_time(
    publishers: Open, seen: See, unique: Unique
) -> None:
    """A page that is pulled again gives the same letters: they can be told to be repeats."""
    name = unique("bad")
    publisher = publishers(name)
    await publisher.open()
    content = page(name, 1, dead=[bad("history.csv:7", b"\xff\x00raw"), bad("history.csv:9")])
    for _ in range(2):
        await publisher.write(content, saved(name, 1), NOW)
    letters = seen(name).letters
    assert [letter["id"] for letter in letters] == [
        f"{name}/history.csv:{line}" for line in (7, 7, 9, 9)
    ]
    raw = hashlib.sha256(b"\xff\x00raw").hexdigest()
    assert [letter["data"]["digest"] for letter in letters[:2]] == [raw, raw]
    assert [letter["partitionkey"] for letter in letters[:2]] == [f"{name}:history.csv:7"] * 2
    data = letters[0]["data"]
    assert b64decode(data["value"]) == b"\xff\x00raw"
    assert data["error_class"] == "mapping"
    assert data["message"] == "no subject"
    assert data["origin"]["record_id"] == "history.csv:7"
    assert letters[0]["type"] == topic_named(dead_letter_topic(RECEIVED.name)).name


async def test_pollers_on_kafka_take_over_and_go_on(
    client: Client, seen: See, unique: Unique
) -> None:
    """A second poller goes on behind the first one's pages; the first one ends by itself.

    What only the first one had pulled is not in the topics.
    """
    name = unique("poller")
    taken = asyncio.Event()

    async def until_taken() -> None:
        published.set()
        await taken.wait()

    published = asyncio.Event()
    first = Script([page(name, 1, 1), until_taken, page(name, 2, 666)])
    second = Script([page(name, 2, 2)])

    def poller(script: Script, clock: StepClock) -> Poller:
        watch = SourceWatch(Metrics())
        return Poller(source(name), lambda _: script, Publisher(name, client), watch, clock)

    running = asyncio.create_task(poller(first, StepClock(1)).run())
    await asyncio.wait_for(published.wait(), 60)
    clock = StepClock(1)
    assert not await to_its_end(poller(second, clock).run(), clock)
    taken.set()
    await asyncio.wait_for(running, 60)
    assert second.asked == [{"cursor": "1"}]
    assert seen(name).received == ["ticket/1/1", "ticket/2/1"]
    assert seen(name).cursors == ["1", "2", "2"]


async def test_how_a_source_is_can_be_seen_in_the_topic(
    client: Client, seen: See, unique: Unique
) -> None:
    """Waiting and stopped are events: whoever projects them knows what a person has to do."""
    name = unique("unwell")
    script = Script(
        [page(name, 1, 1)],
        [TransientError("429: too many calls", retry_after=42.0)],
        [ConfigurationError("the token was revoked", remedy="Make a new API token.")],
    )
    clock = StepClock(9)
    watch = SourceWatch(Metrics())
    poller = Poller(source(name), lambda _: script, Publisher(name, client), watch, clock)
    assert await to_its_end(poller.run(), clock)
    told = [(one["status"], one["remedy"], one["checkpoint"]) for one in seen(name).checkpoints]
    assert told == [
        ("ok", "", {"cursor": "1"}),
        ("ok", "", {"cursor": "1"}),
        ("waiting", "429: too many calls", {"cursor": "1"}),
        ("stopped", "the token was revoked. Make a new API token.", {"cursor": "1"}),
    ]
    assert CHECKPOINT_SAVED.cleanup == "compact"
    assert clock.slept == [60, 42]
