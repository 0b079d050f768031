"""Reading a stretch of an input, beside whoever else reads it."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

__all__ = ["HistoryError", "read_stretch"]

_STALL_SECONDS = 45.0
"""Longer than a transaction may stay open."""
_CHUNK_RECORDS = 2_000


class HistoryError(Exception):
    """The records cannot be read. Says what to do."""


async def read_stretch(
    settings: Mapping[str, Any], tp: TopicPartition, start: int, end: int
) -> AsyncIterator[Sequence[Any]]:
    """Committed records from ``start`` up to but without ``end``, in order, in chunks.

    No group is joined and nothing is committed. Raises ``HistoryError``, ``KafkaError``.
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
        position, progress = start, time.monotonic()
        while position < end:
            found = await consumer.getmany(tp, timeout_ms=200, max_records=_CHUNK_RECORDS)
            records = [record for record in found.get(tp, ()) if record.offset < end]
            if records:
                yield records
            reached = await consumer.position(tp)
            if reached > position:
                position, progress = reached, time.monotonic()
            elif time.monotonic() - progress > _STALL_SECONDS:
                raise HistoryError(
                    f"{tp.topic} partition {tp.partition} cannot be read up to offset {end}: stuck "
                    f"at {reached} for {_STALL_SECONDS:.0f} s. Is a broker of its replicas away?"
                )
    finally:
        await consumer.stop()
