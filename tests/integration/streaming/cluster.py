"""What tests ask of a cluster: write, read what is committed, wait for a group's lag."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from schemas.topics import Topic
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import ClusterError, connect

WAIT_SECONDS = 150.0


def until(condition: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Poll until the condition holds; fails the test, saying what did not come to pass."""
    deadline = time.monotonic() + seconds
    pause = time.sleep
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        pause(0.1)


def write(kafka: KafkaSettings, topic: str, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Write rows and wait until they are acknowledged."""
    producer = KafkaProducer(bootstrap_servers=list(kafka.servers), linger_ms=5)
    for sent in [producer.send(topic, key=key, value=value) for key, value in rows]:
        sent.get(timeout=WAIT_SECONDS)  # what could not be written is not missed in silence
    producer.close()


def read_committed(kafka: KafkaSettings, topic: Topic) -> list[Any]:
    """All committed records of a topic, each partition in its order.

    Up to the end of the log, not to the last stable offset: the marker of a commit whose
    offsets can be seen already may still be on its way to this topic.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=list(kafka.servers),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    tps = [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
    consumer.assign(tps)
    consumer.seek_to_beginning()
    looking = KafkaConsumer(bootstrap_servers=list(kafka.servers))
    ends = looking.end_offsets(tps)
    looking.close()
    records: list[Any] = []
    deadline = time.monotonic() + WAIT_SECONDS
    while any(consumer.position(tp) < ends[tp] for tp in tps):
        assert time.monotonic() < deadline, f"{topic.name} has a transaction that never ends"
        for found in consumer.poll(timeout_ms=200).values():
            records += found
    consumer.close()
    return records


def lag(kafka: KafkaSettings, group: str, topics: Sequence[Topic]) -> int:
    """Records between what the group has committed and the ends of the topics."""
    tps = [
        TopicPartition(topic.name, partition)
        for topic in topics
        for partition in range(topic.partitions)
    ]
    try:
        with connect(kafka) as admin:
            committed = admin.list_group_offsets([group]).get(group, {})
    except ClusterError:  # the group's coordinator is being chosen
        committed = {}
    consumer = KafkaConsumer(bootstrap_servers=list(kafka.servers))
    ends = consumer.end_offsets(tps)
    consumer.close()
    behind = 0
    for tp in tps:
        offset = committed.get(tp)
        behind += ends[tp] - (offset.offset if offset is not None and offset.offset > 0 else 0)
    return behind


def counts_by_key(records: Iterable[Any]) -> dict[str, list[tuple[int, int]]]:
    """For each key the (number, count) pairs in the order they were written."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for record in records:
        value = json.loads(record.value)
        found[record.key.decode()].append((value["n"], value["count"]))
    return dict(found)
