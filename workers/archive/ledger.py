"""How far each partition has been read, and who may say so.

The offset of a partition is changed in the transaction that writes the rows of its records,
and only by its present owner: taking a partition over raises its fence, and a transaction
that carries an older fence (a process that was paused or cut off) changes no row and fails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from workers.archive.tables import gaps, meta, offsets

__all__ = [
    "Advance",
    "Claim",
    "Extent",
    "FencedError",
    "Gap",
    "Spot",
    "Takeover",
    "advance",
    "take_over",
]

_UNREAD = -1
"""Next offset of a partition whose records are to be read from the first one there is."""
_CLUSTER = "cluster_id"


class Spot(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Extent(NamedTuple):
    """The records a partition holds: from ``first`` up to, but without, ``end``."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to go on with a partition, from an offset."""

    fence: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Records that were gone before they were read; reading goes on at ``next_offset``."""

    spot: Spot
    first_offset: int
    next_offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Takeover:
    """What taking partitions over gave."""

    claims: Mapping[Spot, Claim]
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class Advance:
    """A step of one partition, valid only under ``fence`` and from ``expected``."""

    spot: Spot
    fence: int
    expected: int
    next_offset: int
    end_offset: int
    wrote: bool
    """Whether records were read, or only the end of the partition was looked at."""


class FencedError(Exception):
    """Partitions belong to another process now: nothing was written."""

    def __init__(self, spots: Sequence[Spot]) -> None:
        named = ", ".join(f"{spot.topic}/{spot.partition}" for spot in spots)
        super().__init__(f"another process reads {named} now; nothing was written")
        self.spots = tuple(spots)


def take_over(
    connection: Connection,
    extents: Mapping[Spot, Extent],
    *,
    owner: str,
    now: datetime,
    cluster_id: str | None = None,
) -> Takeover:
    """Fence the former owners and read where to go on.

    A partition that no longer holds the next record is taken up at its first record, and the
    gap is kept in ``gaps``. Offsets of another cluster mean nothing, so a changed
    ``cluster_id`` starts every partition again.
    """
    _note_cluster(connection, cluster_id)
    claims: dict[Spot, Claim] = {}
    found: list[Gap] = []
    for spot, extent in sorted(extents.items()):
        _make_row(connection, spot, owner=owner)
        claim = _raise_fence(connection, spot, owner=owner, now=now, end=extent.end)
        reason = _why_not_there(claim.next_offset, extent)
        if reason:
            found.append(Gap(spot, claim.next_offset, extent.first, reason))
        if reason or claim.next_offset == _UNREAD:
            claim = Claim(claim.fence, extent.first)
            connection.execute(
                update(offsets).where(*_is(spot)).values(next_offset=claim.next_offset)
            )
        claims[spot] = claim
    for gap in found:
        _keep_gap(connection, gap, now)
    return Takeover(claims, found)


def advance(connection: Connection, steps: Sequence[Advance], *, now: datetime) -> None:
    """Move partitions on; raises ``FencedError`` unless every step is still its owner's.

    Called first in a transaction: the rows of ``offsets`` stay locked until its end.
    """
    refused = [
        step.spot
        for step in sorted(steps, key=lambda step: step.spot)
        if not _moved(connection, step, now)
    ]
    if refused:
        raise FencedError(refused)


_STEP = (
    update(offsets)
    .where(
        offsets.c.topic == bindparam("of_topic"),
        offsets.c.partition == bindparam("of_partition"),
        offsets.c.fence == bindparam("under_fence"),
        offsets.c.next_offset == bindparam("from_offset"),
    )
    .values(
        next_offset=bindparam("to_offset"),
        end_offset=bindparam("seen_end"),
        checked_at=bindparam("at"),
    )
)
_STEP_WITH_ROWS = _STEP.values(committed_at=bindparam("at"))


def _moved(connection: Connection, step: Advance, now: datetime) -> bool:
    result = connection.execute(
        _STEP_WITH_ROWS if step.wrote else _STEP,
        {
            "of_topic": step.spot.topic,
            "of_partition": step.spot.partition,
            "under_fence": step.fence,
            "from_offset": step.expected,
            "to_offset": step.next_offset,
            "seen_end": step.end_offset,
            "at": now,
        },
    )
    return result.rowcount == 1


def _why_not_there(next_offset: int, extent: Extent) -> str:
    """In words, where the next record cannot be read; empty where it can."""
    if next_offset == _UNREAD:
        return ""
    if next_offset < extent.first:
        return "expired: the topic's retention passed before the archive had read them"
    if next_offset > extent.end:
        return "the topic is shorter than what was read from it: it was made anew or truncated"
    return ""


def _note_cluster(connection: Connection, cluster_id: str | None) -> None:
    if cluster_id is None:
        return
    known = connection.execute(select(meta.c.value).where(meta.c.name == _CLUSTER)).scalar()
    if known == cluster_id:
        return
    if known is not None:
        connection.execute(update(offsets).values(next_offset=_UNREAD, fence=offsets.c.fence + 1))
    statement = _insert(connection, meta).values(name=_CLUSTER, value=cluster_id)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": cluster_id})
    )


def _make_row(connection: Connection, spot: Spot, *, owner: str) -> None:
    row = {
        "topic": spot.topic,
        "partition": spot.partition,
        "next_offset": _UNREAD,
        "end_offset": 0,
        "fence": 0,
        "owner": owner,
    }
    connection.execute(_insert(connection, offsets).on_conflict_do_nothing(), row)


def _raise_fence(
    connection: Connection, spot: Spot, *, owner: str, now: datetime, end: int
) -> Claim:
    row = connection.execute(
        update(offsets)
        .where(*_is(spot))
        .values(fence=offsets.c.fence + 1, owner=owner, end_offset=end, checked_at=now)
        .returning(offsets.c.fence, offsets.c.next_offset)
    ).one()
    return Claim(row.fence, row.next_offset)


def _keep_gap(connection: Connection, gap: Gap, now: datetime) -> None:
    row = {
        "topic": gap.spot.topic,
        "partition": gap.spot.partition,
        "first_offset": gap.first_offset,
        "next_offset": gap.next_offset,
        "found_at": now,
        "reason": gap.reason,
    }
    connection.execute(_insert(connection, gaps).on_conflict_do_nothing(), row)


def _is(spot: Spot) -> tuple[Any, ...]:
    return (offsets.c.topic == spot.topic, offsets.c.partition == spot.partition)


def _insert(connection: Connection, table: Any) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)
