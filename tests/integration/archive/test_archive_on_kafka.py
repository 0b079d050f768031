"""The archive role on a real Kafka: transactions, rebalances, kills, expired records."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from kafka import TopicPartition
from sqlalchemy import Engine, select

from schemas.topics import CLASSIFIED, RECEIVED, ROUTED
from tests.archive.story import START, Story
from tests.integration.archive.running import running, until
from workers.archive.commands import rebuild_model
from workers.archive.engine import open_engine
from workers.archive.migrate import upgrade
from workers.archive.status import status
from workers.archive.tables import gaps, items, offsets
from workers.config.settings import KafkaSettings, Settings
from workers.observability.metrics import Metrics
from workers.processor import Record
from workers.streaming.connection.clients import client_settings
from workers.streaming.topics.admin import apply_registry, connect

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]
Unique = Callable[[str], str]


@pytest.fixture
def settings(kafka_cluster: KafkaSettings, tmp_path: Path) -> Settings:
    """Surroundings of a role: the cluster with its topics, an SQLite file."""
    apply_registry(kafka_cluster)
    url = f"sqlite:///{tmp_path}/archive.sqlite"
    return Settings(tmp_path, tmp_path, kafka_cluster, database_url=url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The role's database, for looking into."""
    made = open_engine(settings.database_url)
    upgrade(made)
    yield made
    made.dispose()


def _feedback(prefix: str, numbers: Sequence[int]) -> list[Record]:
    story = Story()
    records: list[Record] = []
    for number in numbers:
        at, name, partition = START + timedelta(seconds=number), f"{prefix}-{number}", number % 4
        records += [
            story.received(name, at=at, text=f"words {number}", partition=partition),
            story.classified(name, 1, at=at, partition=partition),
            story.routed(name, 1, at=at, partition=partition),
        ]
    return records


async def _write(
    kafka: KafkaSettings, records: Sequence[Record], transaction: str, *, abort: bool = False
) -> None:
    producer = AIOKafkaProducer(**client_settings(kafka), transactional_id=transaction)
    await producer.start()
    try:
        await producer.begin_transaction()
        for record in records:
            await producer.send(
                record.topic, value=record.value, key=record.key, partition=record.partition
            )
        await (producer.abort_transaction() if abort else producer.commit_transaction())
    finally:
        await producer.stop()


def _found(engine: Engine, prefix: str) -> dict[str, str]:
    """Status of each item of a test, by its number."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(items.c.item_id, items.c.status).where(items.c.item_id.contains(prefix))
        )
        return {item_id.rsplit("-", 1)[1]: status for item_id, status in rows}


def _behind(engine: Engine) -> int:
    with engine.connect() as connection:
        rows = connection.execute(select(offsets.c.end_offset, offsets.c.next_offset)).all()
        return sum(end - at for end, at in rows) if rows else -1


def _told_lag(metrics: Metrics) -> list[float | None]:
    """The metric of each partition."""
    return [
        metrics.registry.get_sample_value(
            "productops_stage_lag_events", {"stage": "archive", "partition": partition}
        )
        for partition in "0123"
    ]


async def test_committed_records_arrive_and_aborted_ones_never(
    settings: Settings, engine: Engine, unique: Unique
) -> None:
    """What a transaction aborted is not in the model; behind the last marker the lag is 0."""
    mine, metrics = unique("tx"), Metrics()
    await _write(settings.kafka, _feedback(f"{mine}-gone", range(8)), unique("t1"), abort=True)
    await _write(settings.kafka, _feedback(f"{mine}-here", range(8)), unique("t2"))
    async with running(settings, unique("group"), metrics) as role:
        await until(lambda: len(_found(engine, f"{mine}-here")) == 8, "all items arrive")
        await until(lambda: _behind(engine) == 0, "lag 0")
        # The metric is told after the commit; an end in between cuts it off.
        await until(lambda: _told_lag(metrics) == [0] * 4, "lag 0 as a metric")
        assert role.ready
    assert set(_found(engine, f"{mine}-here").values()) == {"routed"}
    assert _found(engine, f"{mine}-gone") == {}
    assert not role.ready
    assert _told_lag(metrics) == [0] * 4


async def test_partitions_move_between_processes_without_loss(
    settings: Settings, engine: Engine, unique: Unique
) -> None:
    """A second process joins while records arrive, the first one leaves: every item is there."""
    mine, group = unique("move"), unique("group")
    async with running(settings, group) as second_stays:
        del second_stays
        await _write(settings.kafka, _feedback(mine, range(20)), unique("t1"))
        async with running(settings, group):
            await _write(settings.kafka, _feedback(mine, range(20, 40)), unique("t2"))
            await until(lambda: len(_found(engine, mine)) == 40, "both have written")
        await _write(settings.kafka, _feedback(mine, range(40, 60)), unique("t3"))
        await until(lambda: len(_found(engine, mine)) == 60, "the one that stays has all")
        await until(lambda: set(_found(engine, mine).values()) == {"routed"}, "all routed")
        await until(lambda: _behind(engine) == 0, "lag 0")


_PROCESS = """
import asyncio, os, sys
from pathlib import Path
from workers.archive.intake.role import ArchiveRole
from workers.config.settings import Settings

settings = Settings.from_environment(os.environ, cwd=Path.cwd())
asyncio.run(ArchiveRole(settings, None, group=sys.argv[1]).run(asyncio.Event()))
"""


@contextmanager
def _process(settings: Settings, group: str) -> Iterator[subprocess.Popen[bytes]]:
    surroundings = os.environ | {
        "PRODUCTOPS_DATABASE_URL": settings.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": ",".join(settings.kafka.servers),
    }
    process = subprocess.Popen([sys.executable, "-c", _PROCESS, group], env=surroundings)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


async def test_sigkill_in_the_middle_costs_nothing(
    settings: Settings, engine: Engine, unique: Unique
) -> None:
    """Killed while it writes, the archive goes on from its own offsets with the same rows."""
    mine, group, count = unique("kill"), unique("group"), 3_000
    await _write(settings.kafka, _feedback(mine, range(count)), unique("t"))
    with _process(settings, group) as process:
        await until(lambda: len(_found(engine, mine)) > 0, "the first rows")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    done = len(_found(engine, mine))
    async with running(settings, group):
        await until(lambda: len(_found(engine, mine)) == count, "all items")
        await until(lambda: _behind(engine) == 0, "lag 0")
    assert 0 < done < count
    assert set(_found(engine, mine).values()) == {"routed"}


async def test_a_model_is_rebuilt_while_the_archive_runs(
    settings: Settings, engine: Engine, unique: Unique
) -> None:
    """The exchange gives the same items, and what is written afterwards still arrives."""
    mine, group = unique("again"), unique("group")
    await _write(settings.kafka, _feedback(mine, range(30)), unique("t1"))
    async with running(settings, group):
        await until(lambda: len(_found(engine, mine)) == 30, "all items")
        done = await asyncio.to_thread(rebuild_model, settings, exchange=True)
        assert done.exchanged
        assert done.after["items"] >= 30
        assert _found(engine, mine) == {f"{number}": "routed" for number in range(30)}
        await _write(settings.kafka, _feedback(mine, range(30, 35)), unique("t2"))
        await until(lambda: len(_found(engine, mine)) == 35, "items after the exchange")


async def test_records_deleted_from_kafka_are_a_gap_that_is_told(
    settings: Settings, engine: Engine, unique: Unique
) -> None:
    """Records that retention took before the archive read them are named, the rest is read."""
    mine, group = unique("gap"), unique("group")
    await _write(settings.kafka, _feedback(mine, range(4)), unique("t1"))
    async with running(settings, group):
        await until(lambda: len(_found(engine, mine)) == 4, "the first items")
        await until(lambda: _behind(engine) == 0, "lag 0")
    await _write(settings.kafka, _feedback(mine, range(4, 12)), unique("t2"))
    await asyncio.to_thread(_delete_everything, settings.kafka)
    await _write(settings.kafka, _feedback(mine, range(12, 16)), unique("t3"))
    async with running(settings, group):
        # A lag of 0 says less: while a commit is on its way to a partition, its end is before it.
        await until(lambda: {"12", "13", "14", "15"} <= {*_found(engine, mine)}, "what is left")
        await until(lambda: len(status(engine, START).gaps) == 12, "every gap")
        with engine.connect() as connection:
            told = connection.execute(select(gaps.c.topic, gaps.c.partition)).all()
    left = set(_found(engine, mine))
    assert left >= {"0", "1", "2", "3", "12", "13", "14", "15"}
    assert left.isdisjoint({"4", "5", "6", "7", "8", "9", "10", "11"})
    assert {topic for topic, _ in told} == {RECEIVED.name, CLASSIFIED.name, ROUTED.name}
    assert {partition for _, partition in told} == {0, 1, 2, 3}


def _delete_everything(kafka: KafkaSettings) -> None:
    """What retention does in months: drop every record of the item topics."""
    with connect(kafka) as admin:
        admin.delete_records(
            {
                TopicPartition(topic.name, partition): -1
                for topic in (RECEIVED, CLASSIFIED, ROUTED)
                for partition in range(topic.partitions)
            }
        )
