"""Copies of states on a real Kafka: takeovers without a restore, and the bound on memory."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.partitioner import partition_for
from schemas.topics import CLOCK_TICKED, Cleanup, Topic
from tests.integration.streaming.cluster import lag, write
from tests.integration.streaming.counting_worker import Counting, IntegerCodec, topics
from tests.integration.streaming.in_process import running, until
from tests.integration.streaming.recording import RecordingWatch, Restored
from workers.config.settings import KafkaSettings, MemorySettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.halts.memory import UNBOUNDED
from workers.streaming.engine.recovery.restore import restore
from workers.streaming.engine.recovery.standby import Standby
from workers.streaming.engine.recovery.state import State
from workers.streaming.engine.role import Role
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

KEYS = 400
SCRIPT = Path(__file__).with_name("counting_worker.py")


def rows_of(partition: int) -> int:
    """How many of the keys belong to a partition."""
    return sum(partition_for(key(number), 4) == partition for number in range(KEYS))


def key(number: int) -> bytes:
    """Key of a number."""
    return f"key-{number}".encode()


@pytest.fixture
def name(kafka_cluster: KafkaSettings, unique: Callable[[str], str]) -> str:
    """A counting worker whose topics exist and hold an event of each key."""
    name = unique("copies")
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    feed(kafka_cluster, name)
    return name


def feed(kafka: KafkaSettings, name: str) -> None:
    """One event of each key."""
    value = json.dumps({"n": 1}).encode()
    write(kafka, topics(name)[0].name, [(key(number), value) for number in range(KEYS)])


@pytest.fixture
def other(kafka_cluster: KafkaSettings, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own."""
    servers = ",".join(kafka_cluster.servers)
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "--servers", servers, "--name", name],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[3])},
        stderr=subprocess.DEVNULL,
    )
    yield process
    process.kill()
    process.wait()


def caught_up(kafka: KafkaSettings, name: str) -> bool:
    """Whether the group has read its input to the end."""
    return lag(kafka, f"productops-{name}", topics(name)[:1]) == 0


async def test_a_takeover_from_a_standby_copy_reads_no_changelog(
    kafka_cluster: KafkaSettings, name: str, other: subprocess.Popen[bytes]
) -> None:
    """After the owner's SIGKILL its states are back whole without a record of them being read."""
    await until(lambda: caught_up(kafka_cluster, name), "the first worker has counted every key")
    async with running(kafka_cluster, Counting(name), MemorySettings(standby=True)) as (
        worker,
        watch,
    ):
        await until(
            lambda: len(worker.ownership.tasks) == 2 and worker.ready,
            "the partitions are shared out",
        )
        theirs = set(range(4)) - set(worker.ownership.tasks)
        await until(
            lambda: watch.standby_rows == {part: rows_of(part) for part in theirs},
            "the other worker's states are copied",
        )
        watch.restores.clear()
        other.send_signal(signal.SIGKILL)
        await until(
            lambda: len(worker.ownership.tasks) == 4 and worker.ready, "all tasks are taken over"
        )
        assert sorted(watch.restores, key=lambda one: one.partition) == [
            Restored(partition, rows_of(partition), read=0) for partition in range(4)
        ]
        feed(kafka_cluster, name)
        await until(lambda: watch.events >= KEYS, "counting goes on")
        counts = {
            key: count
            for task in worker.ownership.tasks.values()
            for key, count in task.state.items()
        }
    assert counts == {key(number).decode(): 2 for number in range(KEYS)}


async def test_without_standby_copies_a_rebalance_hands_back_what_was_owned(
    kafka_cluster: KafkaSettings, name: str
) -> None:
    """A task given up and handed back at once reads nothing; one that was away reads it all."""
    async with running(kafka_cluster, Counting(name)) as (first, watch):
        await until(lambda: caught_up(kafka_cluster, name), "the first worker has counted")
        watch.restores.clear()
        async with running(kafka_cluster, Counting(name)) as (second, theirs):
            await until(
                lambda: len(second.ownership.tasks) == 2 and second.ready and first.ready,
                "the partitions are shared out",
            )
            kept = set(first.ownership.tasks)
            away = set(second.ownership.tasks)
            last = {one.partition: one for one in watch.restores if one.partition in kept}
            assert last == {part: Restored(part, rows_of(part), read=0) for part in kept}
            assert {one.partition for one in theirs.restores} >= away
            watch.restores.clear()
        await until(lambda: len(first.ownership.tasks) == 4 and first.ready, "all are back")
        reads = {one.partition: one.read for one in watch.restores}
        assert {part: reads[part] for part in kept} == dict.fromkeys(kept, 0)
        assert {part: reads[part] for part in away} == {part: rows_of(part) for part in away}


async def test_a_worker_over_its_memory_halts_and_commits_nothing(
    kafka_cluster: KafkaSettings, name: str
) -> None:
    """With less memory than it takes, every task with work halts, unready; the lag stays whole."""
    async with running(kafka_cluster, Counting(name), MemorySettings(limit_mb=1)) as (
        worker,
        watch,
    ):
        await until(lambda: sorted(watch.halts) == [0, 1, 2, 3], "every task halts")
        assert not worker.ready
        assert lag(kafka_cluster, f"productops-{name}", topics(name)[:1]) == KEYS
        assert watch.events == 0


async def test_a_copy_cut_anywhere_comes_to_the_same_as_a_whole_restore(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """Updates, deletions and aborted transactions after the cut, and nothing else, are taken in."""
    topic = Topic(unique("cut"), "key", "state", partitions=1, cleanup=Cleanup.COMPACT)
    apply_registry(kafka_cluster, [topic])
    client = client_settings(kafka_cluster)
    committed: list[tuple[int, str, int | None]] = []
    producer = AIOKafkaProducer(**client, transactional_id=unique("cut"))
    await producer.start()
    for turn in range(6):
        await producer.begin_transaction()
        written = []
        for number in range(turn, turn + 4):
            row = None if (turn + number) % 3 == 0 else turn * 100 + number
            raw = None if row is None else str(row).encode()
            sent = await producer.send_and_wait(topic.name, raw, f"k{number}".encode(), partition=0)
            written.append((sent.offset, f"k{number}", row))
        if turn % 3 == 1:
            await producer.abort_transaction()
        else:
            await producer.commit_transaction()
            committed += written
    await producer.stop()

    whole, read = await restore(client, topic.name, 0, IntegerCodec())
    assert read == len(committed)
    for cut in range(whole.position + 1):
        copy: State[int] = State(position=cut)
        for offset, name, row in committed:
            if offset < cut:
                copy.apply({name: row})
        found, read = await restore(client, topic.name, 0, IntegerCodec(), copy=copy)
        assert found == whole
        assert read == sum(offset >= cut for offset, _, _ in committed)


async def test_a_copy_beyond_the_end_of_its_changelog_is_made_anew(
    kafka_cluster: KafkaSettings, name: str
) -> None:
    """As when the changelog was deleted and created again: no row of before stays."""
    async with running(kafka_cluster, Counting(name)):
        await until(lambda: caught_up(kafka_cluster, name), "the states are written")
    role, watch = Role(Counting(name)), RecordingWatch()
    copies = Standby(
        client_settings(kafka_cluster), role, follows=True, memory=UNBOUNDED, watch=watch
    )
    copies.owned({1, 2, 3})
    copies.keep(0, State({"of before": 1}, 10_000))
    following = asyncio.create_task(copies.run())
    try:
        await until(lambda: copies.rows == {0: rows_of(0)}, "the copy is as the changelog")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    made = copies.take(0)
    assert made is not None
    assert "of before" not in made.rows
