"""How long the oldest of the records that wait has been waiting."""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

__all__ = ["Waiting"]

K = TypeVar("K", bound=Hashable)


class Waiting(Generic[K]):
    """By partition (``K``), from what is known without reading what waits.

    A record that waits was written after the last one that was taken in, and after the last
    moment at which none waited: the later of the two is an upper bound. Of a partition just
    taken over neither is known; until its first records are taken in, since when they are known
    to wait is told, which is less than the truth but grows. Times in seconds since the epoch.
    """

    def __init__(self) -> None:
        self._not_before: dict[K, float] = {}
        self._first_seen: dict[K, float] = {}

    def passed(self, spot: K, written_at: float) -> None:
        """A record written then was taken in."""
        self._first_seen.pop(spot, None)
        self._not_before[spot] = max(written_at, self._not_before.get(spot, written_at))

    def seconds(self, behind: Mapping[K, int], now: float) -> dict[K, float]:
        """How long the oldest waits, 0 where none does. ``behind``: how many records wait."""
        found: dict[K, float] = {}
        for spot, records in behind.items():
            if records == 0:
                self._first_seen.pop(spot, None)
                self._not_before[spot] = now
            since = self._not_before.get(spot)
            if since is None:
                since = self._first_seen.setdefault(spot, now)
            found[spot] = max(0.0, now - since)
        return found

    def forget(self) -> None:
        """Others may own the partitions from now on."""
        self._not_before.clear()
        self._first_seen.clear()
