"""A chunk: what one fetch brought of one partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

__all__ = ["Chunk"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of one partition in offset order, and where the consumer stands after them.

    ``records`` may be empty: control markers moved the position and brought no records.
    """

    tp: TopicPartition
    records: Sequence[Any]
    """aiokafka's ``ConsumerRecord``: topic, partition, offset, timestamp, key, value, headers."""
    next_offset: int
    """The consumer's position after the chunk. Beyond the last record's offset where markers
    of transactions follow, which is why the position is committed and not ``last + 1``: the
    lag of an idle partition would never read 0."""
    epoch: int = 0
    """Which assignment it was fetched under. A chunk of an earlier one must not be processed
    after a rebalance: what came before it may have been given up and is only read again later,
    and would then seem to be done already."""
    start: int | None = None
    """Where the consumer stood before it; ``None`` where it was not known."""
    size: int = 0
    """Bytes of the records' values."""
    gone: bool = False
    """Kafka no longer holds the record at ``next_offset``: nothing can be read from there."""
