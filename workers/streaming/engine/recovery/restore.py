"""State rebuilt from the changelog.

Invariant 6: the same rows on every machine, from topics alone; nothing of it is on a disk.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from workers.processor import Codec
from workers.streaming.connection.closing import stop_consumer
from workers.streaming.engine.recovery.formats import refusal
from workers.streaming.engine.recovery.state import State

__all__ = [
    "RestoreError",
    "UnreadableRowError",
    "changelog_consumer",
    "read_latest",
    "read_on",
    "restore",
    "take_in",
]

S = TypeVar("S")

_FETCH_BYTES = 8 * 1024 * 1024
STALL_SECONDS = 45.0
"""Longer than a transaction may stay open."""
_AT_ONCE = 5_000
"""Records read, and rows decoded, before other work of the process has its turn."""
_HELD_BYTES = 4 * 1024 * 1024
"""How much is read before it is decoded: of a key that changes often only the last row is, and
what several tasks hold that open side by side is little beside their states."""


class RestoreError(Exception):
    """The changelog cannot be read, or holds rows of another format. Says what to do."""


class UnreadableRowError(RestoreError):
    """A row is of another format, or none: trying again does not help."""


def _unchecked(_rows: int) -> None:
    return


async def restore(
    settings: Mapping[str, Any],
    topic: str,
    partition: int,
    codec: Codec[S],
    *,
    copy: State[S] | None = None,
    check: Callable[[int], None] = _unchecked,
    stall_seconds: float = STALL_SECONDS,
) -> tuple[State[S], int]:
    """The state as the changelog's partition has it, and how many records were read for it.

    Call it after the task's producer has started: from then on nobody else writes to the
    partition, so its end stands still. ``copy`` is taken over and brought up to date: only what
    came after its position is read. ``check`` is called with the number of rows now and then and
    may raise. ``stall_seconds`` without getting further are too many. Raises ``RestoreError``, and
    ``KafkaError``, as for a copy of a changelog that was created anew: try again without it.
    """
    tp = TopicPartition(topic, partition)
    consumer = changelog_consumer(settings, out_of_range="none")
    try:
        await consumer.start()
        consumer.assign([tp])
        start = (await consumer.beginning_offsets([tp]))[tp]
        state = copy if copy is not None and copy.position >= start else State(position=start)
        consumer.seek(tp, state.position)
        changed: dict[bytes, bytes | None] = {}
        read = held = 0
        async for records, reached in read_on(
            consumer, tp, state.position, most=_AT_ONCE, stall_seconds=stall_seconds
        ):
            read += len(records)
            for record in records:
                changed[record.key] = record.value
                held += record.serialized_key_size + record.serialized_value_size
            if held > _HELD_BYTES:
                await _take_in_turns(state.rows, changed, codec, tp)
                held = 0
            state.position = reached
            check(len(state.rows) + len(changed))
    finally:
        await stop_consumer(consumer)
    await _take_in_turns(state.rows, changed, codec, tp)
    check(len(state.rows))
    return state, read


async def _take_in_turns(
    rows: dict[str, S], changed: dict[bytes, bytes | None], codec: Codec[S], tp: TopicPartition
) -> None:
    """Empty ``changed`` into ``rows``; in between, others have their turn."""
    while changed:
        some = [changed.popitem() for _ in range(min(_AT_ONCE, len(changed)))]
        take_in(rows, some, codec, tp)
        await asyncio.sleep(0)


def take_in(
    rows: dict[str, S],
    records: list[tuple[bytes, bytes | None]],
    codec: Codec[S],
    tp: TopicPartition,
) -> None:
    """Take changelog records into ``rows``; raises ``RestoreError``."""
    decode = codec.decode
    for key, value in records:
        try:
            if value is None:
                rows.pop(key.decode(), None)
            else:
                rows[key.decode()] = decode(value)
        except ValueError as error:
            raise UnreadableRowError(refusal(tp, codec, value or b"", error)) from error


async def read_latest(
    settings: Mapping[str, Any], topic: str, partition: int
) -> dict[bytes, bytes]:
    """The latest committed value of each key of a compacted topic's partition.

    Reads up to the end of the log as it stood at the start, open transactions included: they
    end within their time-out, and one of them may hold back a record that is committed
    already. Raises ``RestoreError``.
    """
    tp = TopicPartition(topic, partition)
    consumer = changelog_consumer(settings)
    try:
        await consumer.start()
        consumer.assign([tp])
        start = (await consumer.beginning_offsets([tp]))[tp]
        consumer.seek(tp, start)
        latest: dict[bytes, bytes] = {}
        async for records, _ in read_on(consumer, tp, start, most=_AT_ONCE):
            for record in records:
                if record.value is None:
                    latest.pop(record.key, None)
                else:
                    latest[record.key] = record.value
    finally:
        await stop_consumer(consumer)
    return latest


def changelog_consumer(
    settings: Mapping[str, Any], *, out_of_range: str = "earliest"
) -> AIOKafkaConsumer:
    """A reader of changelogs outside any group, not started."""
    return AIOKafkaConsumer(
        **settings,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset=out_of_range,
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_wait_ms=100,
    )


async def read_on(
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    position: int,
    *,
    end: int | None = None,
    most: int | None = None,
    stall_seconds: float = STALL_SECONDS,
) -> AsyncIterator[tuple[Sequence[Any], int]]:
    """What comes from ``position`` on, at most ``most`` records at once, with the position after.

    Up to ``end``; without one to where the log ended when the first fetch was answered. A fetch
    may reach beyond. Raises ``RestoreError`` where it goes on no further, and ``KafkaError``.
    """
    progress = time.monotonic()
    while end is None or position < end:
        found = await consumer.getmany(tp, timeout_ms=200, max_records=most)
        if end is None and (fetched := consumer.highwater(tp)) is not None:
            # A leader that was just elected may answer a fetch with an end of before, but not a
            # question for the end (KIP-207); that one leaves out what is not committed yet.
            end = max(fetched, (await consumer.end_offsets([tp]))[tp])
        reached = await consumer.position(tp)
        if reached > position:
            progress = time.monotonic()
        elif time.monotonic() - progress > stall_seconds:
            raise RestoreError(
                f"{tp.topic} partition {tp.partition} does not reach its end {end}: stuck at "
                f"{reached} for {stall_seconds:.0f} s. Is a broker of its replicas away?"
            )
        position = reached
        yield found.get(tp, ()), position
