"""Dead letters on a real Kafka: read committed, replayed once, closed with their replay."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kafka import KafkaProducer

from schemas.platform import DeadLetter, Origin, SettledAs
from schemas.topics import CLOCK_TICKED, Topic
from tests.integration.streaming.cluster import lag, read_committed, until, write
from tests.integration.streaming.counting_worker import Counting, topics
from tests.letters.conftest import letter_record
from workers.config.settings import KafkaSettings
from workers.letters.box import Spot, open_box
from workers.letters.carry_out import Done, carry_out
from workers.letters.decision import Refusal, Write, replay
from workers.letters.letter import Fold, Letter
from workers.letters.seam import LettersError
from workers.letters.writer import Writer
from workers.observability.metrics import Metrics
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.topics.admin import apply_registry
from workers.streaming.worker import StreamWorker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def now() -> datetime:
    """The time on the wall."""
    return datetime.now(UTC)


@pytest.fixture
def worker_topics(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> tuple[str, tuple[Topic, Topic, Topic, Topic]]:
    """A worker's name and its topics, made."""
    name = unique("letters")
    made = topics(name)
    apply_registry(kafka_cluster, [*made, CLOCK_TICKED])
    return name, made


class Mendable(Counting):
    """Counts; numbers in ``broken`` raise until somebody mends it."""

    def __init__(self, name: str, broken: set[int]) -> None:
        super().__init__(name)
        self.broken = broken

    def process(self, events, state, now, /):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        """See ``Processor``."""
        if any(event.number in self.broken for event in events):
            raise ArithmeticError
        return super().process(events, state, now)


@asynccontextmanager
async def running(kafka: KafkaSettings, processor: Counting) -> AsyncIterator[None]:
    """A worker that runs beside the test."""
    stop = asyncio.Event()
    worker = StreamWorker(
        Role(processor),
        kafka,
        MetricsWatch("feedback", Metrics()),
        data_dir=Path("/nonexistent"),
        chunk_records=50,
    )
    work = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await work


def fold(kafka: KafkaSettings, topic: Topic) -> Fold:
    """The letters as they stand."""
    with open_box(kafka) as box:
        return box.read(box.spots([topic.name]))


def decide(letter: Letter, raw: DeadLetter) -> Write | Refusal:
    """Replay what can be replayed."""
    return replay(letter, raw, now=now())


def everything_open(found: Fold) -> Sequence[Letter]:
    """Every open letter."""
    return [letter for letter in found.letters if letter.settled is None]


def replay_all(kafka: KafkaSettings, topic: Topic, *, dry_run: bool = False) -> Done:
    """Replay every open letter of a topic."""
    return carry_out(
        kafka,
        [topic.name],
        everything_open,
        decide,
        SettledAs.REPLAYED,
        now=now,
        dry_run=dry_run,
    )


async def test_a_poison_record_keeps_its_letter_until_it_is_mended(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """Replayed too early it is the same letter with two attempts; mended, it is processed once."""
    name, (source, target, _, letters) = worker_topics
    broken = {7}
    rows = [(b"k", json.dumps({"n": number}).encode()) for number in (6, 7, 8)]

    def letter() -> Letter | None:
        found = fold(kafka_cluster, letters).letters
        assert len(found) <= 1
        return found[0] if found else None

    def tried(times: int) -> Callable[[], bool]:
        return lambda: (found := letter()) is not None and found.data.attempts == times

    def caught_up() -> bool:
        return lag(kafka_cluster, f"productops-{name}", [source]) == 0

    async with running(kafka_cluster, Mendable(name, broken)):
        await asyncio.to_thread(write, kafka_cluster, source.name, rows)
        await asyncio.to_thread(until, tried(1), "the poison has a letter")
        first = await asyncio.to_thread(letter)
        await asyncio.to_thread(replay_all, kafka_cluster, letters)
        await asyncio.to_thread(until, tried(2), "the replayed record fails again")
        second = await asyncio.to_thread(letter)
        broken.clear()
        await asyncio.to_thread(replay_all, kafka_cluster, letters)
        await asyncio.to_thread(until, caught_up, "the worker has read everything")

    assert first is not None
    assert second is not None
    assert (first.settled, second.settled) == (None, None)
    assert second.id == first.id
    assert second.data.origin == first.data.origin
    assert second.data.first_failed_at == first.data.first_failed_at
    values = [json.loads(record.value) for record in read_committed(kafka_cluster, target)]
    assert values == [{"n": 6, "count": 1}, {"n": 8, "count": 2}, {"n": 7, "count": 3}]
    closed = letter()
    assert closed is not None
    assert closed.settled is not None
    assert closed.settled.outcome is SettledAs.REPLAYED
    assert replay_all(kafka_cluster, letters).nothing


def put(kafka: KafkaSettings, topic: Topic, offsets: Sequence[int]) -> None:
    """Letters of records at these offsets of the input of ``topic``, one key each."""
    origin_topic = topic.name.removesuffix(".dlq")
    rows = []
    for offset in offsets:
        origin = Origin(topic=origin_topic, partition=offset % 4, offset=offset)
        record = letter_record(
            key=f"k{offset}".encode(), origin=origin, at=now(), value=b"bytes %d" % offset
        )
        assert record.key is not None
        assert record.value is not None
        rows.append((record.key, record.value))
    write(kafka, topic.name, rows)


def test_a_replay_writes_each_record_once_with_its_settlement(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """More letters than fit one transaction come back raw, in the partition of their key."""
    _, (source, _, _, letters) = worker_topics
    put(kafka_cluster, letters, range(450))
    assert len(replay_all(kafka_cluster, letters, dry_run=True).settled) == 450
    assert read_committed(kafka_cluster, source) == []
    assert len(everything_open(fold(kafka_cluster, letters))) == 450

    done = replay_all(kafka_cluster, letters)
    assert (len(done.settled), done.refused, done.expired) == (450, [], 0)
    records = read_committed(kafka_cluster, source)
    assert {record.key: record.value for record in records} == {
        f"k{n}".encode(): b"bytes %d" % n for n in range(450)
    }
    assert len(records) == 450
    found = fold(kafka_cluster, letters)
    assert everything_open(found) == []
    # a record's letter and the record itself have the same key, so the same partition
    partitions = {letter.key: letter.partition for letter in found.letters}
    assert {record.key: record.partition for record in records} == partitions


def test_letters_of_transactions_that_are_not_committed_are_not_seen(
    kafka_cluster: KafkaSettings,
    unique: Callable[[str], str],
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """What a worker aborts never was; the letters around it are read."""
    _, (_, _, _, letters) = worker_topics
    put(kafka_cluster, letters, [1])
    producer = KafkaProducer(
        bootstrap_servers=list(kafka_cluster.servers), transactional_id=unique("aborts")
    )
    producer.init_transactions()
    producer.begin_transaction()
    aborted = letter_record(key=b"k9", origin=Origin(topic=letters.name.removesuffix(".dlq")))
    producer.send(letters.name, key=aborted.key, value=aborted.value)
    producer.flush()
    producer.abort_transaction()
    producer.close()
    put(kafka_cluster, letters, [2])
    found = fold(kafka_cluster, letters)
    assert {letter.key for letter in found.letters} == {b"k1", b"k2"}
    assert found.unreadable == []
    assert len(replay_all(kafka_cluster, letters).settled) == 2


def test_two_people_who_replay_at_once_replay_each_record_once(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """Whoever comes later fences the first, who goes on with what is left."""
    _, (source, _, _, letters) = worker_topics
    put(kafka_cluster, letters, range(300))
    second: list[Done] = []

    def interrupted(found: Fold) -> Sequence[Letter]:
        """Between the first person's look and the first person's hand, another one acts."""
        if not second:
            second.append(
                carry_out(
                    kafka_cluster,
                    [letters.name],
                    lambda seen: everything_open(seen)[:100],
                    decide,
                    SettledAs.REPLAYED,
                    now=now,
                )
            )
        return everything_open(found)

    first = carry_out(
        kafka_cluster, [letters.name], interrupted, decide, SettledAs.REPLAYED, now=now
    )
    assert (len(first.settled), len(second[0].settled)) == (200, 100)
    records = read_committed(kafka_cluster, source)
    assert len(records) == len({record.key for record in records}) == 300


def test_a_limit_holds_across_a_fence(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """Who goes on after another one's action counts what was settled or refused before it."""
    _, (source, _, _, letters) = worker_topics
    put(kafka_cluster, letters, range(400))
    others: list[Done] = []
    looked_at: list[Letter] = []

    def interrupted(letter: Letter, raw: DeadLetter) -> Write | Refusal:
        """When the first batch is committed and the second is not, another one acts."""
        looked_at.append(letter)
        if len(looked_at) == 250:
            others.append(
                carry_out(
                    kafka_cluster,
                    [letters.name],
                    lambda seen: everything_open(seen)[-10:],
                    decide,
                    SettledAs.REPLAYED,
                    now=now,
                )
            )
        if letter.key == first:
            return Refusal("a reason", "a remedy")
        return decide(letter, raw)

    first = next(one.key for one in fold(kafka_cluster, letters).letters)
    mine = carry_out(
        kafka_cluster,
        [letters.name],
        everything_open,
        interrupted,
        SettledAs.REPLAYED,
        now=now,
        limit=300,
    )
    assert len(others[0].settled) == 10
    assert (len(mine.settled), [one.key for one, _ in mine.refused]) == (299, [first])
    assert len(read_committed(kafka_cluster, source)) == 309


def test_what_was_left_open_by_a_killed_command_is_undone(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """A command that died between writing and committing has written nothing."""
    _, (source, _, _, letters) = worker_topics
    put(kafka_cluster, letters, [1])
    killed = Writer(kafka_cluster)._producer
    killed.init_transactions()
    killed.begin_transaction()
    killed.send(source.name, key=b"k1", value=b"half").get(timeout=30)
    done = replay_all(kafka_cluster, letters)
    assert len(done.settled) == 1
    assert [record.value for record in read_committed(kafka_cluster, source)] == [b"bytes 1"]
    killed.close(timeout=1)


def test_what_was_settled_behind_an_open_transaction_is_known(
    kafka_cluster: KafkaSettings,
    unique: Callable[[str], str],
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """A worker's transaction hides what was committed after it began: its end is waited for."""
    _, (source, _, _, letters) = worker_topics
    put(kafka_cluster, letters, [1])
    producer = KafkaProducer(
        bootstrap_servers=list(kafka_cluster.servers),
        transactional_id=unique("open"),
        transaction_timeout_ms=2_000,  # after that, the broker ends it
    )
    producer.init_transactions()

    def held_up(letter: Letter, raw: DeadLetter) -> Write | Refusal:
        """A worker begins to write there in this moment."""
        producer.begin_transaction()
        producer.send(letter.topic, key=b"k", value=b"x", partition=letter.partition).get(30)
        return decide(letter, raw)

    done = carry_out(
        kafka_cluster, [letters.name], everything_open, held_up, SettledAs.REPLAYED, now=now
    )
    assert len(done.settled) == 1
    assert replay_all(kafka_cluster, letters).nothing
    assert len(read_committed(kafka_cluster, source)) == 1
    producer.close(timeout=1)


def test_a_drop_closes_and_writes_nothing_else(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """One partition is enough to look at, from the letter's own offset on."""
    _, (source, _, _, letters) = worker_topics
    put(kafka_cluster, letters, [1, 2])
    letter = next(one for one in fold(kafka_cluster, letters).letters if one.key == b"k2")
    done = carry_out(
        kafka_cluster,
        [Spot(letter.topic, letter.partition, letter.offset)],
        lambda seen: [one for one in seen.letters if one.name == letter.name],
        lambda _letter, _raw: None,
        SettledAs.DROPPED,
        now=now,
    )
    assert [one.key for one in done.settled] == [b"k2"]
    left = everything_open(fold(kafka_cluster, letters))
    assert [one.key for one in left] == [b"k1"]
    assert read_committed(kafka_cluster, source) == []


def test_of_one_letter_no_more_is_read_than_what_follows_it(
    kafka_cluster: KafkaSettings,
    worker_topics: tuple[str, tuple[Topic, Topic, Topic, Topic]],
) -> None:
    """A click on the newest of a million letters takes no longer than on the first."""
    _, (_, _, _, letters) = worker_topics
    put(kafka_cluster, letters, range(9))  # in four partitions: one has three at least
    found = fold(kafka_cluster, letters).letters
    newest = max(found, key=lambda letter: letter.offset)
    assert newest.offset >= 2
    with open_box(kafka_cluster) as box:
        read = box.read([Spot(newest.topic, newest.partition, newest.offset)])
    assert [letter.name for letter in read.letters] == [newest.name]


def test_a_missing_topic_names_the_command_that_makes_it(kafka_cluster: KafkaSettings) -> None:
    """Nothing is created in passing."""
    with (
        pytest.raises(LettersError, match="productops topics apply"),
        open_box(kafka_cluster) as box,
    ):
        box.spots(["no.such.topic.v1.dlq"])
