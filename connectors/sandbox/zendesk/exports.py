"""The two ways of the incremental export, as pure functions over what there is.

Cursor based: the caller keeps an opaque cursor. A page may be empty although more follows,
and a record may be listed twice. Time based: the caller keeps the time of the last record and
gets everything of that second again.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

__all__ = ["BadCursorError", "CursorPage", "Position", "TimePage", "cursor_page", "time_page"]

R = TypeVar("R")


class BadCursorError(ValueError):
    """The text is no cursor of ours."""


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A place in the stream: behind the record with this time and id."""

    seconds: int
    id: int
    rested: bool = False
    """Whether the empty page that follows this record has been served."""

    def encode(self) -> str:
        """The cursor as callers see it: it shows nothing they should rely on."""
        plain = f"{self.seconds}.0||{self.id}|{'r' if self.rested else ''}"
        return base64.b64encode(plain.encode()).decode()

    @classmethod
    def decode(cls, cursor: str) -> "Position":
        """Read a cursor; raises ``BadCursorError``."""
        try:
            plain = base64.b64decode(cursor, validate=True).decode()
            seconds, gap, id_, rest = plain.split("|")
            position = cls(int(float(seconds)), int(id_), rest == "r")
        except (binascii.Error, ValueError) as error:
            raise BadCursorError("cursor is invalid") from error
        if gap or rest not in {"", "r"}:
            raise BadCursorError("cursor is invalid")
        return position


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[R]):
    """One page of a cursor-based export."""

    records: Sequence[R]
    after: Position | None
    """Where to go on; ``None`` when nothing was ever there."""
    end: bool


def cursor_page(
    records: Sequence[R],
    after: Position,
    *,
    size: int,
    key: Callable[[R], tuple[int, int]],
    twice: frozenset[int] = frozenset(),
    gaps: frozenset[int] = frozenset(),
) -> CursorPage[R]:
    """The page behind ``after``. ``records`` are in order of ``key`` (seconds, id).

    A record whose id is in ``twice`` is listed twice. A page ends at a record whose id is in
    ``gaps``, and the next one is empty, without being the end.
    """
    behind = (after.seconds, after.id)
    left = [record for record in records if key(record) > behind]
    if after.id in gaps and not after.rested and left:
        return CursorPage((), Position(after.seconds, after.id, rested=True), end=False)
    page: list[R] = []
    taken = 0
    for record in left:
        page.append(record)
        taken += 1
        id_ = key(record)[1]
        if id_ in twice:
            page.append(record)
        if taken == size or id_ in gaps:
            break
    last = Position(*key(page[-1])) if page else after
    return CursorPage(page, last, end=taken == len(left))


@dataclass(frozen=True, slots=True)
class TimePage(Generic[R]):
    """One page of a time-based export."""

    records: Sequence[R]
    end_time: int
    """Unix seconds: ``start_time`` of the next call."""
    end: bool


def time_page(
    records: Sequence[R], start_time: int, *, size: int, at: Callable[[R], datetime]
) -> TimePage[R]:
    """The page from ``start_time`` on, that second included. ``records`` are in order of ``at``.

    A page holds the whole of its first and of its last second, besides ``size`` records, or a
    caller that goes on at ``end_time`` might ask for the same page for ever.
    """
    left = [record for record in records if _second(at(record)) >= start_time]
    again = sum(1 for record in left if _second(at(record)) == start_time)
    page = left[: again + size]
    last = _second(at(page[-1])) if page else start_time
    for record in left[again + size :]:
        if _second(at(record)) != last:
            break
        page.append(record)
    return TimePage(page, last, end=len(page) == len(left))


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
