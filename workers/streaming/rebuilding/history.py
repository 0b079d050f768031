"""Reading a stretch of an input, beside whoever else reads it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from workers.streaming.connection.closing import stop_consumer
from workers.streaming.engine.recovery.restore import read_on

__all__ = ["read_stretch"]

_CHUNK_RECORDS = 2_000


async def read_stretch(
    settings: Mapping[str, Any], tp: TopicPartition, start: int, end: int
) -> AsyncIterator[Sequence[Any]]:
    """Committed records from ``start`` up to but without ``end``, in order, in chunks.

    No group is joined and nothing is committed. Raises ``RestoreError``, ``KafkaError``.
    """
    if start >= end:
        return
    consumer = AIOKafkaConsumer(
        **settings,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    try:
        await consumer.start()
        consumer.assign([tp])
        consumer.seek(tp, start)
        async for found, _ in read_on(consumer, tp, start, end=end, most=_CHUNK_RECORDS):
            records = [record for record in found if record.offset < end]
            if records:
                yield records
    finally:
        await stop_consumer(consumer)
