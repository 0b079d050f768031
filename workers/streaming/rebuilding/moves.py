"""Where a group is to stand instead of where it stands, and what that means. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiokafka import TopicPartition

from workers.streaming.rebuilding.standings import Stand

__all__ = ["Goal", "Move", "OutOfReachError", "Place", "chosen", "move"]


class Place(StrEnum):
    """The kinds of goals."""

    EARLIEST = "earliest"
    LATEST = "latest"
    TIME = "time"
    OFFSET = "offset"


@dataclass(frozen=True, slots=True)
class Goal:
    """Where to go on from."""

    place: Place
    value: int = 0
    """Milliseconds or the offset, for the two kinds that need one."""


class OutOfReachError(Exception):
    """The offset asked for is none that Kafka holds. Says which ones it does."""


@dataclass(frozen=True, slots=True)
class Move:
    """One partition of an input."""

    topic: str
    partition: int
    before: int | None
    after: int
    skipped: int
    """Records that Kafka holds and that are not read: of a partition whose offset was not known
    or held, whether they were read once or not."""
    again: int
    """Records that the group has read and reads again; 0 where that is not known."""
    gone: int
    """Records that Kafka had removed before they were read."""
    waiting: int
    """Records that are read from there on, those of ``again`` among them."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to commit."""
        return self.before != self.after


def move(stand: Stand, goal: Goal, first: Mapping[TopicPartition, int]) -> Move:
    """What reaching the goal means for one partition; raises ``OutOfReachError``.

    ``first``: by partition the first offset written at the goal's time or later, where there is.
    """
    after = _after(stand, goal, first)
    before, start, end = stand.committed, stand.start, stand.end
    trusted = before is not None and not stand.expired
    origin = before if trusted and before is not None else start
    return Move(
        stand.topic,
        stand.partition,
        before,
        after,
        skipped=max(0, after - origin),
        again=max(0, origin - after) if trusted else 0,
        gone=max(0, start - before) if before is not None else 0,
        waiting=end - after,
    )


def chosen(
    stands: Sequence[Stand], topics: Sequence[str], partition: int | None, *, expired: bool
) -> Sequence[Stand]:
    """The partitions that are meant."""
    return [
        one
        for one in stands
        if one.topic in topics
        and partition in {None, one.partition}
        and (one.expired or not expired)
    ]


def _after(stand: Stand, goal: Goal, first: Mapping[TopicPartition, int]) -> int:
    match goal.place:
        case Place.EARLIEST:
            return stand.start
        case Place.LATEST:
            return stand.end
        case Place.TIME:
            found = first.get(TopicPartition(stand.topic, stand.partition), stand.end)
            return min(max(found, stand.start), stand.end)
        case Place.OFFSET:
            if not stand.start <= goal.value <= stand.end:
                raise OutOfReachError(
                    f"{stand.topic} partition {stand.partition} holds offsets {stand.start} to "
                    f"{stand.end}, not {goal.value}: nothing was written"
                )
            return goal.value
