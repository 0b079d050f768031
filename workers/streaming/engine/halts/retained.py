"""Whether Kafka still holds what a group has yet to read. Nothing is ever skipped in silence."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import CLOCK_TICKED
from workers.streaming.closing import stop_consumer
from workers.streaming.engine.halts.halt import HaltError

__all__ = ["OffsetsExpiredError", "check_offsets", "gone", "retained"]


class OffsetsExpiredError(HaltError):
    """Records that a task has yet to read are gone, or where it stood is. Names the choices."""

    remedy = (
        "stop the role, then either accept the gap and set the group's offsets with "
        "kafka-consumer-groups --reset-offsets (--to-earliest: go on with what is left), or empty "
        "its changelog and outputs and let it read its inputs from the start; a longer "
        "retention.ms of the topic, or offsets.retention.minutes of the brokers, prevents it"
    )


async def retained(
    settings: Mapping[str, Any], tps: Iterable[TopicPartition]
) -> Mapping[TopicPartition, tuple[int, int]]:
    """First offset that each partition still holds, and the one after its last.

    Raises ``KafkaError``.
    """
    wanted = list(tps)
    consumer = AIOKafkaConsumer(**settings, enable_auto_commit=False)
    try:
        await consumer.start()
        starts = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
    finally:
        await stop_consumer(consumer)
    return {tp: (starts[tp], ends[tp]) for tp in wanted}


def check_offsets(
    group: str,
    committed: Mapping[TopicPartition, int],
    held: Mapping[TopicPartition, tuple[int, int]],
    state: Mapping[str, Any],
) -> None:
    """Raises ``OffsetsExpiredError`` where going on would skip records or repeat them.

    Ticks of the clock that are gone are of no interest: the next one says how late it is.
    """
    for tp, offset in sorted(committed.items()):
        start, end = held[tp]
        if tp.topic == CLOCK_TICKED.name or start <= offset <= end:
            continue
        if offset < start:
            raise OffsetsExpiredError(
                f"group {group} stands at offset {offset} of {tp.topic} partition {tp.partition}, "
                f"but retention has removed what was before {start}: up to {start - offset} "
                "records were never read"
            )
        raise OffsetsExpiredError(
            f"group {group} stands at offset {offset} of {tp.topic} partition {tp.partition}, "
            f"which ends at {end}: the topic was created anew, or has lost records"
        )
    if state and not committed:
        raise OffsetsExpiredError(
            f"group {group} has no committed offsets, but {len(state)} rows of state: its offsets "
            "have expired or were deleted, and reading from the start would count everything again"
        )


def gone(group: str, tp: TopicPartition, offset: int) -> str:
    """The reason when a running task finds the record it is to read next gone."""
    return (
        f"group {group} stands at offset {offset} of {tp.topic} partition {tp.partition}, which "
        "Kafka no longer holds: retention has passed it, or the topic was created anew"
    )
