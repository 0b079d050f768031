"""Paging by time: each answer names the moment the next one begins at, or we cut time ourselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["TimePages", "Window", "windows"]


@dataclass(frozen=True, slots=True)
class TimePages:
    """Exports that take a start and answer with the end of what they gave, in whole seconds."""

    overlap: int = 60
    """Seconds a pull goes back behind its bookmark: the vendor's index may be late."""
    holdback: int = 0
    """The vendor withholds the last seconds before the request; asking for less is refused."""

    def beginning(self, bookmark: int, earliest: int, now: int) -> int | None:
        """Where a pull begins: a little before its bookmark, never before ``earliest``.

        ``None`` when the vendor would have nothing to give yet.
        """
        start = min(max(bookmark - self.overlap, earliest), bookmark)
        return start if start <= now - self.holdback - 1 else None

    def following(self, start: int, end: int | None, *, ended: bool, now: int) -> tuple[int, bool]:
        """The next start, and whether this page was the last for now.

        A start that does not move is an end: the same page would come for ever.
        """
        after = max(start, end if end is not None else start)
        last = ended or after == start or after > now - self.holdback - 1
        return after, last


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` up to and without ``end``."""

    start: datetime
    end: datetime


def windows(start: datetime, end: datetime, span: timedelta) -> Iterator[Window]:
    """The time between, cut into pieces of at most ``span``, oldest first, without a gap.

    For vendors that serve only so many rows a query (HubSpot: 10,000).
    """
    if span <= timedelta(0):
        raise ValueError("a window has a length")
    while start < end:
        upto = min(start + span, end)
        yield Window(start, upto)
        start = upto
