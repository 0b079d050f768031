"""How long the oldest of the records that wait has been waiting."""

from collections.abc import Mapping

from workers.archive.ledger import Spot

__all__ = ["Waiting"]


class Waiting:
    """An upper bound by partition, from what is known without reading what waits.

    A record that waits was written after the last one that was taken in, and after the last
    moment at which none waited. Of a partition just taken over neither is known: 0 until its
    first records are taken in. Times in seconds since the epoch.
    """

    def __init__(self) -> None:
        self._not_before: dict[Spot, float] = {}

    def passed(self, spot: Spot, written_at: float) -> None:
        """A record written then was taken in."""
        self._not_before[spot] = max(written_at, self._not_before.get(spot, written_at))

    def seconds(self, behind: Mapping[Spot, int], now: float) -> dict[Spot, float]:
        """By partition, 0 where none waits. ``behind``: how many records wait."""
        for spot, records in behind.items():
            if records == 0:
                self._not_before[spot] = now
        return {
            spot: max(0.0, now - self._not_before[spot]) if spot in self._not_before else 0.0
            for spot in behind
        }

    def forget(self) -> None:
        """Others may own the partitions from now on."""
        self._not_before.clear()
