"""Moving offsets and clearing a state on a real Kafka: what is committed, and who can undo it."""

import asyncio
import time
from collections.abc import Callable, Mapping

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from kafka import KafkaProducer

from schemas.topics import CLOCK_TICKED
from tests.integration.streaming.cluster import read_committed, write
from tests.streaming.words import Words
from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.recovery.committed import CommittedOffsets
from workers.streaming.engine.role import Role
from workers.streaming.engine.transaction import FencedError, Producer
from workers.streaming.rebuilding.clearing import Cleared, clear
from workers.streaming.rebuilding.moves import Goal, Move, OutOfReachError, Place
from workers.streaming.rebuilding.resetting import Choice, reset
from workers.streaming.rebuilding.standings import stands
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

PARTITION = 2
HOUR = 3_600_000
START = (int(time.time() * 1000) // HOUR - 24 * 30) * HOUR
"""When the first record came in, in milliseconds: lately, for topics keep records for a while."""
RECORDS = 6


class Placed:
    """A role that stands somewhere in its input: a record an hour in one partition."""

    def __init__(self, kafka: KafkaSettings, name: str) -> None:
        self.kafka = kafka
        self.client = client_settings(kafka)
        self.words = Words(name)
        self.role = Role(self.words)
        apply_registry(kafka, [self.words.source, self.words.told, self.words.state, CLOCK_TICKED])
        producer = KafkaProducer(bootstrap_servers=list(kafka.servers))
        for hour in range(RECORDS):
            producer.send(
                self.source.topic,
                key=b"key",
                value=b"word",
                partition=PARTITION,
                timestamp_ms=START + hour * HOUR,
            )
        producer.flush()
        producer.close()

    @property
    def source(self) -> TopicPartition:
        """The partition of the input."""
        return TopicPartition(self.words.source.name, PARTITION)

    async def own(self, offset: int, time: int, tp: TopicPartition | None = None) -> Producer:
        """Own the task and commit, as a live owner does."""
        producer = Producer(f"{self.role.group}-{PARTITION}", self.client)
        await producer.start()
        await self.commit(producer, offset, time, tp)
        return producer

    async def commit(
        self, producer: Producer, offset: int, time: int, tp: TopicPartition | None = None
    ) -> None:
        """One transaction with an offset in it."""
        await producer.begin()
        committed = {tp or self.source: OffsetAndMetadata(offset, f"t={time}")}
        await producer.send_offsets(committed, self.role.group)
        await producer.commit()

    async def wakes(self, frozen: Producer) -> None:
        """A former owner finds that what it writes is refused, before it gets to the offsets."""
        await frozen.begin()
        await frozen.write_rows(self.words.state.name, PARTITION, [(b"late", b"word")])
        with pytest.raises(FencedError):
            await frozen.commit()
        await frozen.stop()

    async def committed(self) -> tuple[int, str] | None:
        """Where the task stands."""
        offsets: Mapping[TopicPartition, tuple[int, str]] = await CommittedOffsets(
            self.client, self.role.group
        )([self.source])
        return offsets.get(self.source)

    async def reset(self, goal: Goal, choice: Choice | None = None, **options: bool) -> list[Move]:
        """Move; what was told."""
        done: list[Move] = []
        meant = choice or Choice(partition=PARTITION)
        await reset(self.role, self.client, goal, meant, done=done.append, **options)
        return done


@pytest.fixture
def placed(kafka_cluster: KafkaSettings, unique: Callable[[str], str]) -> Placed:
    """A role of its own."""
    return Placed(kafka_cluster, unique("placed"))


@pytest.mark.parametrize(
    ("goal", "offset", "skipped", "again"),
    [
        (Goal(Place.EARLIEST), 0, 0, 4),
        (Goal(Place.LATEST), 6, 2, 0),
        (Goal(Place.TIME, START + HOUR - 1), 1, 0, 3),
        (Goal(Place.TIME, START + 100 * HOUR), 6, 2, 0),
        (Goal(Place.OFFSET, 5), 5, 1, 0),
    ],
)
async def test_the_group_goes_on_from_there_with_its_stream_time(
    placed: Placed, goal: Goal, offset: int, skipped: int, again: int
) -> None:
    """Stream time is the latest that the task has committed with any input, the clock too."""
    await (await placed.own(4, 70)).stop()
    clock = TopicPartition(CLOCK_TICKED.name, PARTITION)
    await (await placed.own(0, 90, clock)).stop()
    looked = await placed.reset(goal, dry_run=True)
    assert await placed.committed() == (4, "t=70")
    [move] = await placed.reset(goal)
    assert (move.before, move.after, move.skipped, move.again) == (4, offset, skipped, again)
    assert looked == [move]
    assert await placed.committed() == (offset, "t=90")


async def test_what_stands_there_already_is_left_alone(placed: Placed) -> None:
    """Nothing is committed where nothing would change."""
    await (await placed.own(6, 70)).stop()
    clock = TopicPartition(CLOCK_TICKED.name, PARTITION)
    await (await placed.own(0, 90, clock)).stop()
    [move] = await placed.reset(Goal(Place.LATEST))
    assert not move.changes
    assert await placed.committed() == (6, "t=70")


async def test_partitions_that_are_not_meant_stay_where_they_are(placed: Placed) -> None:
    """Whether by number, or because Kafka holds their offsets."""
    await (await placed.own(4, 70)).stop()
    assert await placed.reset(Goal(Place.LATEST), Choice(partition=PARTITION - 1)) != []
    assert await placed.reset(Goal(Place.LATEST), Choice(expired=True)) == []
    assert await placed.committed() == (4, "t=70")


async def test_an_offset_that_is_not_held_moves_nothing(placed: Placed) -> None:
    """The message says what is held."""
    await (await placed.own(4, 70)).stop()
    with pytest.raises(OutOfReachError, match="holds offsets 0 to 6, not 7"):
        await placed.reset(Goal(Place.OFFSET, 7))
    assert await placed.committed() == (4, "t=70")


async def test_an_owner_that_wakes_cannot_undo_it(placed: Placed) -> None:
    """It was frozen and forgotten by its group: what it still commits is refused."""
    frozen = await placed.own(4, 70)
    await placed.reset(Goal(Place.EARLIEST))
    await placed.wakes(frozen)
    assert await placed.committed() == (0, "t=70")


async def test_a_state_is_cleared_with_its_place(placed: Placed) -> None:
    """Rows that nobody can read, too; a second time there is nothing left; its owner is fenced."""
    rows = [(f"key-{number}".encode(), b"?") for number in range(40)]
    await asyncio.to_thread(write, placed.kafka, placed.words.state.name, rows)
    frozen = await placed.own(4, 70)
    looked: list[Cleared] = []
    await clear(placed.role, placed.client, dry_run=True, done=looked.append)
    assert await placed.committed() == (4, "t=70")
    done: list[Cleared] = []
    await clear(placed.role, placed.client, done=done.append)
    assert looked == done
    assert (sum(one.rows for one in done), sum(one.records for one in done)) == (40, RECORDS)
    latest = {
        one.key: one.value
        for one in await asyncio.to_thread(read_committed, placed.kafka, placed.words.state)
    }
    assert latest == dict.fromkeys((key for key, _ in rows), None)
    assert await placed.committed() == (0, "t=70")
    await placed.wakes(frozen)
    again: list[Cleared] = []
    await clear(placed.role, placed.client, done=again.append)
    assert sum(one.rows for one in again) == 0


async def test_where_a_group_stands_is_shown_beside_what_is_held(placed: Placed) -> None:
    """Each partition of each input; none where the group has committed none."""
    await (await placed.own(4, 70)).stop()
    found = await stands(placed.role, placed.client)
    assert len(found) == 2 * placed.role.partitions
    [mine] = [one for one in found if (one.topic, one.partition) == tuple(placed.source)]
    assert (mine.committed, mine.start, mine.end, mine.lag) == (4, 0, 6, 2)
    assert (mine.stream_time, mine.expired) == (70, False)
    others = [one for one in found if one is not mine and one.topic == mine.topic]
    assert {(one.committed, one.lag) for one in others} == {(None, 0)}
