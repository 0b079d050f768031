"""The demo's reader on a real Kafka: committed records only, earlier ones without a word."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from schemas.platform import CheckpointSaved
from schemas.topics import REGISTRY
from tests.ingest.scripts import NOW, bad, page
from workers.config.settings import KafkaSettings
from workers.demo.reader import TopicReader
from workers.demo.tally import Line, Tally
from workers.ingest.publisher import Publisher
from workers.streaming.connection.clients import client_settings
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

Write = Callable[..., Awaitable[None]]


@pytest.fixture
def write(kafka_cluster: KafkaSettings) -> Write:
    """Writes a page of a source, whole or but for its commit."""
    apply_registry(kafka_cluster, REGISTRY)

    async def written(name: str, *numbers: int, commit: bool = True) -> None:
        class Enough(Exception):  # noqa: N818 - no error, the end
            pass

        async def stop() -> None:
            if not commit:
                raise Enough

        publisher = Publisher(name, client_settings(kafka_cluster), written=stop)
        await publisher.open()
        saved = CheckpointSaved(source_name=name, vendor="zendesk", last_success=NOW)
        letters = [bad(f"{name}-{number}") for number in numbers]
        try:
            await publisher.write(page(name, 1, *numbers, dead=letters), saved, NOW)
        except Enough:
            pass
        finally:
            await publisher.close()

    return written


@pytest.fixture
def reader(kafka_cluster: KafkaSettings) -> Iterator[Callable[[], TopicReader]]:
    """Makes readers, which are closed after the test."""
    made: list[TopicReader] = []

    def make() -> TopicReader:
        made.append(TopicReader(kafka_cluster, Tally()))
        return made[-1]

    yield make
    for one in made:
        one.close()


async def test_what_is_there_is_counted_in_silence_what_comes_is_shown(
    write: Write, reader: Callable[[], Any], unique: Callable[[str], str]
) -> None:
    """A second demo knows what the first one did, and shows only what is new."""
    name = unique("reader")
    await write(name, 1, 2)
    reading = reader()
    reading.catch_up()
    assert len(reading.tally.received[name]) == 2
    assert reading.tally.dead_by_source[name] == 2
    assert name in reading.tally.finished
    await write(name, 3)
    shown: list[Line] = []
    while len(reading.tally.received[name]) < 3 or reading.tally.dead_by_source[name] < 3:
        shown += reading.poll()
    assert [line.text for line in shown if name in line.text] == [f"{name}-3: no subject"]


async def test_what_was_never_committed_is_not_counted(
    write: Write, reader: Callable[[], Any], unique: Callable[[str], str]
) -> None:
    """A page that was begun and given up is nowhere in the counts."""
    name = unique("uncommitted")
    await write(name, 1, 2, commit=False)
    await write(name, 3)
    reading = reader()
    reading.catch_up()
    assert reading.tally.items[name] == {f"{name}:ticket:3"}
    assert reading.tally.dead_by_source[name] == 1
