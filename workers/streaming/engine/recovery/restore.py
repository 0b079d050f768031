"""State rebuilt from the changelog.

Invariant 6: the same rows on every machine, from topics alone; nothing of it is on a disk.
"""

import time
from collections.abc import Mapping
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from workers.processor import Codec

__all__ = ["RestoreError", "read_latest", "restore"]

S = TypeVar("S")

_FETCH_BYTES = 8 * 1024 * 1024
_STALL_SECONDS = 45.0
"""Longer than a transaction may stay open."""


class RestoreError(Exception):
    """The changelog cannot be read, or holds rows of another format. Says what to do."""


async def restore(
    settings: Mapping[str, Any], topic: str, partition: int, codec: Codec[S]
) -> dict[str, S]:
    """Read a changelog partition to its end.

    Call it after the task's producer has started: from then on nobody else writes to the
    partition, so its end stands still. Raises ``RestoreError``.
    """
    raw = await read_latest(settings, topic, partition)
    rows: dict[str, S] = {}
    for key, value in raw.items():
        try:
            rows[key.decode()] = codec.decode(value)
        except ValueError as error:
            raise RestoreError(
                f"a row of {topic} partition {partition} has a format this version cannot read "
                f"({error}). Run the version that wrote it, or rebuild the state from its inputs"
            ) from error
    return rows


async def read_latest(
    settings: Mapping[str, Any], topic: str, partition: int
) -> dict[bytes, bytes]:
    """The latest committed value of each key of a compacted topic's partition.

    Reads up to the end of the log as it stood at the start, open transactions included: they
    end within their time-out, and one of them may hold back a record that is committed
    already. Raises ``RestoreError``.
    """
    tp = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        **settings,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_wait_ms=100,
    )
    try:
        await consumer.start()
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        return await _drain(consumer, tp)
    finally:
        await consumer.stop()


async def _drain(consumer: AIOKafkaConsumer, tp: TopicPartition) -> dict[bytes, bytes]:
    rows: dict[bytes, bytes] = {}
    end: int | None = None
    position = await consumer.position(tp)
    progress = time.monotonic()
    while end is None or position < end:
        for record in (await consumer.getmany(tp, timeout_ms=200)).get(tp, ()):
            if record.value is None:
                rows.pop(record.key, None)
            else:
                rows[record.key] = record.value
        if end is None:
            end = consumer.highwater(tp)  # known once a fetch has been answered
        reached = await consumer.position(tp)
        if reached > position:
            progress = time.monotonic()
        elif time.monotonic() - progress > _STALL_SECONDS:
            raise RestoreError(
                f"{tp.topic} partition {tp.partition} does not reach its end {end}: stuck at "
                f"{reached} for {_STALL_SECONDS:.0f} s. Is a broker of its replicas away?"
            )
        position = reached
    return rows
