"""The switch of a partition on a real Kafka: contended, cut short, with half the history gone."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from kafka import KafkaProducer
from kafka import TopicPartition as BlockingTopicPartition

from tests.integration.streaming.cluster import read_committed
from tests.streaming.words import Words
from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.probe import NO_PROBE, Probe, Step
from workers.streaming.engine.role import Role
from workers.streaming.engine.transaction import FencedError, Producer
from workers.streaming.rebuilding.replay import Replayed, SwitchError, replay
from workers.streaming.topics.admin import apply_registry, connect

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

PARTITION = 1
HOUR = 3_600_000
START = (int(time.time() * 1000) // HOUR - 24 * 30) * HOUR
"""When the first record came in, in milliseconds: lately, for topics keep records for a while."""


class Played:
    """A role with records of an hour each in one partition, and what its owner left there."""

    def __init__(self, kafka: KafkaSettings, name: str) -> None:
        self.kafka = kafka
        self.client = client_settings(kafka)
        self.words = Words(name)
        self.role = Role(self.words)
        words = self.words
        apply_registry(kafka, [words.source, words.told, words.state, *self.role.inputs])

    @property
    def source(self) -> TopicPartition:
        """The partition of the input."""
        return TopicPartition(self.words.source.name, PARTITION)

    def say(self, *words: tuple[str, str]) -> None:
        """Let words come in, one an hour."""
        producer = KafkaProducer(bootstrap_servers=list(self.kafka.servers))
        for hour, (key, word) in enumerate(words):
            producer.send(
                self.source.topic,
                key=key.encode(),
                value=word.encode(),
                partition=PARTITION,
                timestamp_ms=START + hour * HOUR,
            )
        producer.flush()
        producer.close()

    async def own(self, committed: int, **rows: str) -> Producer:
        """Own the partition: leave rows and an offset, as a live task does."""
        producer = Producer(f"{self.role.group}-{PARTITION}", self.client)
        await producer.start()
        await producer.begin()
        changed = [(key.encode(), row.encode()) for key, row in rows.items()]
        await producer.write_rows(self.words.state.name, PARTITION, changed)
        offsets = {self.source: OffsetAndMetadata(committed, "")}
        await producer.send_offsets(offsets, self.role.group)
        await producer.commit()
        return producer

    async def commit(self, owner: Producer, key: bytes, row: bytes) -> None:
        """Let an owner change a row."""
        await owner.begin()
        await owner.write_rows(self.words.state.name, PARTITION, [(key, row)])
        await owner.commit()

    async def replay(
        self, since: int = START, *, dry_run: bool = False, probe: Probe = NO_PROBE
    ) -> Replayed:
        """Replay; what came of the partition."""
        done: list[Replayed] = []
        await replay(self.role, self.client, since, dry_run=dry_run, done=done.append, probe=probe)
        assert [one.partition for one in done] == [0, 1, 2, 3]
        assert sum(one.changed for one in done) == done[PARTITION].changed
        return done[PARTITION]

    async def rows(self) -> dict[str, str]:
        """The latest row of each key."""
        records = await asyncio.to_thread(read_committed, self.kafka, self.words.state)
        return {one.key.decode(): one.value.decode() for one in records}

    async def told(self) -> list[tuple[str, str]]:
        """Events written."""
        records = await asyncio.to_thread(read_committed, self.kafka, self.words.told)
        return [(one.key.decode(), one.value.decode()) for one in records]


@pytest.fixture
def played(kafka_cluster: KafkaSettings, unique: Callable[[str], str]) -> Played:
    """A role of its own."""
    return Played(kafka_cluster, unique("words"))


@dataclass
class Meanwhile:
    """A live owner that does something while the partition is being switched."""

    act: Callable[[], Any]
    step: Step
    times: int = 1
    seen: list[Step] = field(default_factory=list)

    async def __call__(self, step: Step, partition: int, /) -> None:
        """See ``Probe``."""
        self.seen.append(step)
        if step is self.step and partition == PARTITION and self.times:
            self.times -= 1
            await self.act()


async def test_only_what_the_group_has_committed_is_replayed(played: Played) -> None:
    """What comes after it is the live role's, and a former owner cannot write any more."""
    played.say(("a", "one"), ("b", "two"), ("a", "later"))
    owner = await played.own(2, a="wrong", b="two")
    told = await played.replay()
    assert (told.records, told.rows, told.changed) == (2, 2, 1)
    assert await played.rows() == {"a": "one", "b": "two"}
    assert await played.told() == [("a", "one")]
    with pytest.raises(FencedError):
        await played.commit(owner, b"a", b"stale")
    await owner.stop()
    assert (await played.replay()).changed == 0
    assert await played.told() == [("a", "one")]


async def test_a_dry_run_disturbs_nobody(played: Played) -> None:
    """The owner goes on with its producer as if nothing had happened."""
    played.say(("a", "one"))
    owner = await played.own(1, a="wrong")
    assert (await played.replay(dry_run=True)).changed == 1
    await played.commit(owner, b"b", b"fine")
    await owner.stop()
    assert await played.rows() == {"a": "wrong", "b": "fine"}


async def test_an_owner_that_takes_its_id_back_makes_it_try_again(played: Played) -> None:
    """What it had written by then is aborted; what the owner commits then is taken in."""
    played.say(("a", "one"), ("b", "two"))
    owners = [await played.own(1, a="wrong", b="wrong")]

    async def take_back() -> None:
        owners.append(await played.own(2, c="live"))

    probe = Meanwhile(take_back, Step.WRITTEN)
    told = await played.replay(probe=probe)
    assert probe.seen.count(Step.BEGUN) == 2
    assert (told.records, told.changed) == (2, 2)
    assert await played.rows() == {"a": "one", "b": "two", "c": "live"}
    assert await played.told() == [("a", "one"), ("b", "two")]
    for owner in owners:
        await owner.stop()


async def test_it_gives_up_after_some_tries_and_has_changed_nothing(played: Played) -> None:
    """Told with the partition and what to do."""
    played.say(("a", "one"))
    owners = [await played.own(1, a="wrong")]

    async def take_back() -> None:
        owners.append(await played.own(1, a="wrong"))

    with pytest.raises(SwitchError, match=r"partition 1 of role .* 5 times"):
        await played.replay(probe=Meanwhile(take_back, Step.WRITTEN, times=99))
    assert await played.rows() == {"a": "wrong"}
    assert await played.told() == []
    for owner in owners:
        await owner.stop()


async def test_what_is_committed_before_the_fence_is_caught_up_with(played: Played) -> None:
    """The live role commits one more record after the build and before it is fenced."""
    played.say(("a", "one"), ("a", "two"))
    owners = [await played.own(1, a="wrong")]

    async def go_on() -> None:
        owners.append(await played.own(2, a="wrong too"))

    told = await played.replay(probe=Meanwhile(go_on, Step.PROCESSED))
    assert (told.records, told.changed) == (2, 1)
    assert await played.rows() == {"a": "two"}
    for owner in owners:
        await owner.stop()


async def test_history_that_retention_has_removed_is_told(played: Played) -> None:
    """With the time of the oldest record that is left; from then on it is replayed."""
    played.say(("a", "one"), ("b", "two"), ("c", "three"))
    owner = await played.own(3, a="wrong", b="wrong", c="wrong")
    assert (await played.replay(START + HOUR, dry_run=True)).begins is None
    with connect(played.kafka) as admin:
        admin.delete_records({BlockingTopicPartition(played.source.topic, PARTITION): 1})
    told = await played.replay(START)
    assert (told.records, told.changed, told.begins) == (2, 2, START + HOUR)
    assert await played.rows() == {"a": "wrong", "b": "two", "c": "three"}
    assert (await played.replay(START + 2 * HOUR)).records == 1
    await owner.stop()
