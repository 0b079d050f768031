"""What of the waiting work is still to be done. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition

from schemas.topics import CLOCK_TICKED
from workers.processor import Record
from workers.streaming.engine.halts.clock_guard import check_dates
from workers.streaming.engine.halts.retained import gone
from workers.streaming.engine.inbox import Reported
from workers.streaming.transport.chunk import Chunk

__all__ = ["Gathered", "SkippedError", "gather"]


class SkippedError(Exception):
    """Records were passed over, which is a fault of ours: the process has to end and restart."""


@dataclass(slots=True)
class Gathered:
    """The work of one transaction."""

    now: int
    """Stream time after the ticks among it."""
    records: list[Record] = field(default_factory=list)
    """Records not yet processed."""
    reported: list[Any] = field(default_factory=list)
    """Events of side effects."""
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    """Next offset of each input after it."""


def gather(
    items: Sequence[Chunk | Reported],
    *,
    positions: Mapping[TopicPartition, int],
    now: int,
    group: str,
    wall: int,
) -> Gathered:
    """The records, reports and ticks of ``items`` beyond ``positions``.

    The consumer may have started below what the former owner committed after it was asked:
    such records are dropped here. ``wall`` is this machine's time in milliseconds. Raises
    ``OffsetsExpiredError`` where Kafka no longer holds what comes next, ``ClockAheadError`` for
    a record from the future, and ``SkippedError`` where a chunk begins behind the position.
    """
    found = Gathered(now)
    for item in items:
        if isinstance(item, Reported):
            found.reported += item.events
            continue
        tp = item.tp
        done = found.positions.get(tp, positions.get(tp, 0))
        if item.gone:
            raise gone(group, tp, item.next_offset)
        if item.next_offset <= done:
            continue
        clock = tp.topic == CLOCK_TICKED.name  # ticks that are gone are of no interest
        if item.start is not None and item.start > done and tp in positions and not clock:
            raise SkippedError(
                f"{tp.topic} partition {tp.partition}: after offset {done} came {item.start}. "
                "A restart reads again what is between"
            )
        found.positions[tp] = item.next_offset
        fresh = item.records
        if fresh and fresh[0].offset < done:
            fresh = [record for record in fresh if record.offset >= done]
        check_dates(fresh, wall)
        if clock:
            found.now = max(found.now, max((tick.timestamp for tick in fresh), default=0))
        else:
            found.records += fresh
    return found
