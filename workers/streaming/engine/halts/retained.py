"""Whether Kafka still holds what a group has yet to read. Nothing is ever skipped in silence.

What can be told apart, and what cannot:

* An offset outside of what its partition holds halts the task, whatever the reason.
* State without the offset of a single input halts it: whoever made the rows had committed what
  they were made of. The clock's offset proves nothing, it is committed by itself.
* One input without an offset beside others that have theirs is read from its beginning, with a
  line in the log. It may be new to the role, or have got its first record just now, which is
  right; that its offset alone was deleted looks the same from here.
* Without state and without offsets a task begins at the beginning: it is new, or remembers
  nothing that could be counted twice.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import CLOCK_TICKED
from workers.streaming.access.rights import group_of
from workers.streaming.connection.closing import stop_consumer
from workers.streaming.engine.halts.halt import HaltError

__all__ = ["OffsetsExpiredError", "check_offsets", "gone", "holds", "retained"]

log = structlog.get_logger(__name__)


class OffsetsExpiredError(HaltError):
    """Records that a task has yet to read are gone, or where it stood is. Names the choices."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


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


def holds(topic: str, offset: int, start: int, end: int) -> bool:
    """Whether a partition that holds ``start`` to ``end`` can be read on from ``offset``.

    Ticks of the clock that are gone are of no interest: the next one says how late it is.
    """
    return topic == CLOCK_TICKED.name or start <= offset <= end


def check_offsets(
    group: str,
    committed: Mapping[TopicPartition, int],
    held: Mapping[TopicPartition, tuple[int, int]],
    state: Mapping[str, Any],
) -> None:
    """Raises ``OffsetsExpiredError`` where going on would skip records or repeat them."""
    for tp, offset in sorted(committed.items()):
        start, end = held[tp]
        if holds(tp.topic, offset, start, end):
            continue
        if offset < start:
            raise OffsetsExpiredError(
                f"group {group} stands at offset {offset} of {tp.topic} partition {tp.partition}, "
                f"but retention has removed what was before {start}: up to {start - offset} "
                "records were never read",
                _passed(group),
            )
        raise OffsetsExpiredError(
            f"group {group} stands at offset {offset} of {tp.topic} partition {tp.partition}, "
            f"which ends at {end}: the topic was created anew, or has lost records",
            _anew(group),
        )
    inputs = [tp for tp in held if tp.topic != CLOCK_TICKED.name]
    # one that never held a record cannot be counted again, nor has it anything to skip
    unknown = sorted(tp for tp in inputs if tp not in committed and held[tp][1] > 0)
    if state and unknown and not any(tp in committed for tp in inputs):
        raise OffsetsExpiredError(
            f"group {group} has no committed offsets in partition {unknown[0].partition} of its "
            f"inputs, but {len(state)} rows of state: its offsets have expired or were deleted, "
            "maybe with a topic, and reading from the start may count everything again",
            _forgotten(group),
        )
    for tp in unknown if committed else ():
        start, end = held[tp]
        log.warning(
            "input_begins",
            group=group,
            topic=tp.topic,
            partition=tp.partition,
            records=end - start,
            reason="the group has no offset for this input: it is read from its beginning",
        )


def gone(group: str, tp: TopicPartition, offset: int) -> OffsetsExpiredError:
    """Why a running task halts that finds the record it is to read next gone."""
    return OffsetsExpiredError(
        f"group {group} stands at offset {offset} of {tp.topic} partition {tp.partition}, which "
        "Kafka no longer holds: retention has passed it, or the topic was created anew",
        _passed(group),
    )


def _passed(group: str) -> str:
    role = _role(group)
    return (
        f"look at `productops offsets show {role}`, then stop the role everywhere. To accept the "
        f"gap and go on with what is left: `productops offsets reset {role} --expired "
        "--to-earliest`, then start it. What is gone comes back only if its source is read again. "
        "A longer retention.ms of the topic prevents it"
    )


def _anew(group: str) -> str:
    role = _role(group)
    return (
        f"look at `productops offsets show {role}`, then stop the role everywhere. If the topic "
        f"was created anew: `productops offsets reset {role} --expired --to-earliest` reads all "
        f"of it. If brokers have lost records: `productops offsets reset {role} --expired --to "
        "TIME`, a time shortly before that, reads again what came since, and what the role "
        "remembers is recognised. Then start it"
    )


def _forgotten(group: str) -> str:
    role = _role(group)
    return (
        f"stop the role everywhere, then either `productops offsets reset {role} --to TIME`, a "
        "time shortly before it last ran: what it reads again it recognises as far as it "
        f"remembers identities. Or rebuild it from its inputs: `productops state clear {role}`. "
        f"Then start it. `productops offsets reset {role} --to-earliest` is right only where the "
        "topic is new to it or was created anew: everything else that it no longer recognises "
        "would be counted again. A longer offsets.retention.minutes of the brokers prevents it"
    )


def _role(group: str) -> str:
    """The role of a group, as commands call it."""
    return group.removeprefix(group_of(""))
