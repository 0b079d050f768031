"""A role's state given up, so that the role makes it anew from the beginning of its inputs.

    1. ask      whether the role's group has members: then it is refused
    2. fence    each task's transactional id: a frozen owner that wakes can write nothing over it
    3. write    the deletion of every row and the offsets of the beginning, in one transaction a
                task (of a very large one: several, the offsets with the first)

A kill leaves each partition as it was or empty (of a very large one: in part, and to be read from
the beginning), and running it again does the rest. Rows need not be readable. Deletions and
offsets go together: a role without its rows that went on where it stood would have forgotten
everything in silence. What the role has written to its outputs stays.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from workers.streaming.batches import batches
from workers.streaming.engine.recovery.restore import read_latest
from workers.streaming.engine.role import Role
from workers.streaming.engine.stream_time import to_metadata
from workers.streaming.engine.transaction import TRANSACTION_SECONDS, FencedError, Producer
from workers.streaming.rebuilding.moves import Goal, Place, chosen, move
from workers.streaming.rebuilding.resetting import movable
from workers.streaming.rebuilding.standings import stands
from workers.streaming.rebuilding.unused import InUseError, check_unused

__all__ = ["Cleared", "NothingToClearError", "clear"]

_BATCH_ROWS = 100_000
_BATCH_BYTES = 64 * 1024 * 1024


class NothingToClearError(Exception):
    """The role keeps no state."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was done, or would have been, in one partition."""

    partition: int
    rows: int
    """Rows deleted."""
    records: int
    """Records of its inputs that are read from the beginning."""


@dataclass(frozen=True, slots=True)
class _Deletion:
    key: bytes

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.key)


async def clear(
    role: Role,
    settings: Mapping[str, Any],
    *,
    dry_run: bool = False,
    done: Callable[[Cleared], None] = lambda _one: None,
) -> None:
    """Empty a role's changelog; ``done`` is called a partition.

    A dry run looks only, whether the role runs or not. Raises ``NothingToClearError``,
    ``InUseError``, ``RestoreError`` where the changelog cannot be read to its end,
    ``KafkaError``, ``TimeoutError``.
    """
    changelog = role.processor.changelog
    if changelog is None:
        raise NothingToClearError(f"role {role.name} keeps no state: there is nothing to clear")
    if not dry_run:
        await check_unused(role, settings)
    for partition in range(role.partitions):
        tp = TopicPartition(changelog.name, partition)
        done(await (_look if dry_run else _clear)(role, settings, tp))


async def _look(role: Role, settings: Mapping[str, Any], tp: TopicPartition) -> Cleared:
    rows = await read_latest(settings, tp.topic, tp.partition)
    _, records = await _beginning(role, settings, tp.partition)
    return Cleared(tp.partition, len(rows), records)


async def _clear(role: Role, settings: Mapping[str, Any], tp: TopicPartition) -> Cleared:
    producer = Producer(f"{role.group}-{tp.partition}", settings)
    try:
        await producer.start()
        rows = list(await read_latest(settings, tp.topic, tp.partition))
        offsets, records = await _beginning(role, settings, tp.partition)
        deletions = map(_Deletion, rows)
        cut = list(batches(deletions, most=_BATCH_ROWS, most_bytes=_BATCH_BYTES)) or [[]]
        for number, batch in enumerate(cut):
            async with asyncio.timeout(TRANSACTION_SECONDS):
                await producer.begin()
                if number == 0 and offsets:
                    await producer.send_offsets(offsets, role.group)
                await producer.write_rows(
                    tp.topic, tp.partition, [(row.key, None) for row in batch]
                )
                await producer.commit()
    except FencedError as error:
        raise InUseError(
            f"somebody has started role {role.name} meanwhile: stop it, then run the command "
            f"again; partitions before {tp.partition} are empty"
        ) from error
    finally:
        with suppress(KafkaError, FencedError, TimeoutError):
            await producer.stop()
    return Cleared(tp.partition, len(rows), records)


async def _beginning(
    role: Role, settings: Mapping[str, Any], partition: int
) -> tuple[Mapping[TopicPartition, OffsetAndMetadata], int]:
    """The offsets of the beginning, with the stream time that is known; records from there on."""
    found = await stands(role, settings, [partition])
    inputs = chosen(found, movable(role), partition, expired=False)
    moves = [move(one, Goal(Place.EARLIEST), {}) for one in inputs]
    metadata = to_metadata(max(one.stream_time for one in found))
    offsets = {
        TopicPartition(one.topic, one.partition): OffsetAndMetadata(one.after, metadata)
        for one in moves
    }
    return offsets, sum(one.waiting for one in moves)
