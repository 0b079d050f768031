"""Looking at a role's state from outside: the changelog's latest committed value of a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from schemas.partitioner import partition_for
from workers.processor import Processor
from workers.streaming.engine.recovery.formats import refusal
from workers.streaming.engine.recovery.restore import UnreadableRowError, read_latest

__all__ = ["Inspected", "NoStateError", "inspect_row"]


class NoStateError(LookupError):
    """The role keeps no state, or no row of this key."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """One row as a task would restore it."""

    topic: str
    partition: int
    size: int
    """Bytes in the changelog."""
    row: Any


async def inspect_row(
    client: Mapping[str, Any], processor: Processor[Any, Any], key: str
) -> Inspected:
    """The row of a key; raises ``NoStateError`` and ``RestoreError``."""
    changelog = processor.changelog
    if changelog is None:
        raise NoStateError(f"role {processor.name} keeps no state")
    partition = partition_for(key.encode(), changelog.partitions)
    raw = (await read_latest(client, changelog.name, partition)).get(key.encode())
    if raw is None:
        raise NoStateError(
            f"role {processor.name} has no row {key!r} (looked in {changelog.name} partition "
            f"{partition}). Rows of feedback are named by item, rows of delivery by message"
        )
    try:
        row = processor.codec.decode(raw)
    except ValueError as error:
        tp = TopicPartition(changelog.name, partition)
        raise UnreadableRowError(refusal(tp, processor.codec, raw, error)) from error
    return Inspected(changelog.name, partition, len(raw), row)
