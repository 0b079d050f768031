"""A group's offsets moved while nobody uses it.

    1. ask      whether the role's group has members: then it is refused
    2. plan     where each partition is to go on, and what is skipped or read again by it
    3. fence    each task's transactional id: a frozen owner that wakes can commit nothing over it
    4. write    the offsets of a task in one transaction, with the stream time that is known

Stream time stays: rows of state were decided by it, and it never goes back.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from schemas.topics import CLOCK_TICKED
from workers.streaming.connection.closing import stop_consumer
from workers.streaming.engine.role import Role
from workers.streaming.engine.stream_time import to_metadata
from workers.streaming.engine.transaction import TRANSACTION_SECONDS, FencedError, Producer
from workers.streaming.rebuilding.moves import Goal, Move, Place, chosen, move
from workers.streaming.rebuilding.standings import Stand, stands
from workers.streaming.rebuilding.unused import InUseError, check_unused

__all__ = ["Choice", "movable", "offsets_at", "reset"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which partitions are meant; all of them unless narrowed."""

    topic: str | None = None
    partition: int | None = None
    expired: bool = False
    """Only those whose offset Kafka no longer holds."""


def movable(role: Role) -> Sequence[str]:
    """The inputs that are meant where none is named: not the clock, whose ticks nobody misses."""
    return [topic.name for topic in role.inputs if topic != CLOCK_TICKED]


async def reset(
    role: Role,
    settings: Mapping[str, Any],
    goal: Goal,
    choice: Choice,
    *,
    dry_run: bool = False,
    done: Callable[[Move], None] = lambda _one: None,
) -> None:
    """Move the offsets of a role's group; ``done`` is called for each partition that is meant.

    A dry run looks only, whether the role runs or not. Raises ``InUseError``,
    ``OutOfReachError`` (then nothing was written), ``KafkaError``, ``TimeoutError``.
    """
    if not dry_run:
        await check_unused(role, settings)
    moves = await _moves(role, settings, goal, choice)
    if dry_run:
        for one in moves:
            done(one)
        return
    for partition in sorted({one.partition for one in moves}):
        await _reset(role, settings, goal, choice, partition, done)


async def offsets_at(
    settings: Mapping[str, Any], tps: Sequence[TopicPartition], moment: int
) -> Mapping[TopicPartition, int]:
    """First offset written at ``moment`` (ms) or later; partitions without one are absent."""
    consumer = AIOKafkaConsumer(**settings, enable_auto_commit=False)
    try:
        await consumer.start()
        found = await consumer.offsets_for_times(dict.fromkeys(tps, moment))
    finally:
        await stop_consumer(consumer)
    return {tp: first.offset for tp, first in found.items() if first is not None}


async def _reset(  # noqa: PLR0917 - made in one place
    role: Role,
    settings: Mapping[str, Any],
    goal: Goal,
    choice: Choice,
    partition: int,
    done: Callable[[Move], None],
) -> None:
    producer = Producer(f"{role.group}-{partition}", settings)
    try:
        await producer.start()
        found = await stands(role, settings, [partition])  # nobody can move them from now on
        moves = await _moves(role, settings, goal, choice, found)
        metadata = to_metadata(max(one.stream_time for one in found))
        offsets = {
            TopicPartition(one.topic, one.partition): OffsetAndMetadata(one.after, metadata)
            for one in moves
            if one.changes
        }
        if offsets:
            async with asyncio.timeout(TRANSACTION_SECONDS):
                await producer.begin()
                await producer.send_offsets(offsets, role.group)
                await producer.commit()
    except FencedError as error:
        raise InUseError(
            f"somebody has started role {role.name} meanwhile: stop it, then run the command "
            f"again; what was told before is done"
        ) from error
    finally:
        with suppress(KafkaError, FencedError, TimeoutError):
            await producer.stop()
    for one in moves:
        done(one)


async def _moves(
    role: Role,
    settings: Mapping[str, Any],
    goal: Goal,
    choice: Choice,
    found: Sequence[Stand] | None = None,
) -> Sequence[Move]:
    if found is None:
        found = await stands(role, settings)
    topics = movable(role) if choice.topic is None else [choice.topic]
    meant = chosen(found, topics, choice.partition, expired=choice.expired)
    first: Mapping[TopicPartition, int] = {}
    if goal.place is Place.TIME and meant:
        tps = [TopicPartition(one.topic, one.partition) for one in meant]
        first = await offsets_at(settings, tps, goal.value)
    return [move(one, goal, first) for one in meant]
