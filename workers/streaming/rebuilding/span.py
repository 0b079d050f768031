"""Which part of its inputs a replay reads again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from workers.streaming.connection.closing import stop_consumer

__all__ = ["Span", "starts"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where the history of one partition begins."""

    start: int
    """First offset to read."""
    begins: int | None = None
    """When the oldest record that is left came in, in milliseconds, where retention has removed
    what came before it: part of what was asked for may be gone."""


async def starts(
    settings: Mapping[str, Any], tps: Iterable[TopicPartition], since: int
) -> Mapping[TopicPartition, Span]:
    """Where each partition has its first record that came in at ``since`` (ms) or later.

    What counts is when Kafka got the record, not the time of its event. Partitions without such
    a record are absent. Raises ``KafkaError``.
    """
    wanted = list(tps)
    consumer = AIOKafkaConsumer(**settings, enable_auto_commit=False)
    try:
        await consumer.start()
        found = await consumer.offsets_for_times(dict.fromkeys(wanted, since))
        oldest = await consumer.beginning_offsets(wanted)
    finally:
        await stop_consumer(consumer)
    spans: dict[TopicPartition, Span] = {}
    for tp, first in found.items():
        if first is not None:
            cut = 0 < oldest[tp] == first.offset
            spans[tp] = Span(first.offset, first.timestamp if cut else None)
    return spans
