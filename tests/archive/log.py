"""Partitions in memory that behave as the archive's part of Kafka does."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from workers.archive.intake.source import OwnershipChangedError, PositionLostError
from workers.archive.ledger import Extent, Spot
from workers.processor import Record

__all__ = ["Log", "LogSource"]


class Log:
    """What the brokers hold."""

    def __init__(self, spots: Sequence[Spot] = ()) -> None:
        self.records: dict[Spot, list[Record]] = {spot: [] for spot in spots}
        self.first: dict[Spot, int] = {}
        self.markers: dict[Spot, int] = {}
        """Markers of transactions after the last record."""

    def append(self, *records: Record) -> None:
        """Add records whose offsets follow each other."""
        for record in records:
            self.records.setdefault(Spot(record.topic, record.partition), []).append(record)

    def expire(self, spot: Spot, before: int) -> None:
        """Retention removes what lies before an offset."""
        self.records[spot] = [one for one in self.records[spot] if one.offset >= before]
        self.first[spot] = before

    def extent(self, spot: Spot) -> Extent:
        """First and end offset."""
        held = self.records[spot]
        first = self.first.get(spot, held[0].offset if held else 0)
        end = held[-1].offset + 1 if held else first
        return Extent(first, end + self.markers.get(spot, 0))


class LogSource:
    """Fulfils ``Source`` over a log; ``give`` is what a group's coordinator does."""

    def __init__(self, log: Log, spots: Sequence[Spot] | None = None) -> None:
        self._log = log
        self._spots = tuple(sorted(log.records if spots is None else spots))
        self._at: dict[Spot, int] = {}
        self.generation = 1
        self.sharing = False
        self.fails: list[Exception] = []
        """Raised by the next fetches, in this order."""
        self.refuses: list[Exception] = []
        """What the group says to whoever asks while partitions are shared out."""
        self.held: frozenset[Spot] = frozenset()
        self.fetched: Callable[[], None] = lambda: None
        """Called after a fetch, before its records are handed over."""

    def give(self, spots: Sequence[Spot]) -> None:
        """Share partitions out anew."""
        self._spots = tuple(sorted(spots))
        self._at = {}
        self.generation += 1

    def check(self) -> None:
        """See ``Source``."""
        if self.refuses:
            raise self.refuses.pop(0)

    def assigned(self) -> tuple[Spot, ...]:
        """See ``Source``."""
        return self._spots

    async def extents(self, spots: Sequence[Spot]) -> Mapping[Spot, Extent]:
        """See ``Source``."""
        await asyncio.sleep(0)
        return {spot: self._log.extent(spot) for spot in spots}

    def seek(
        self, positions: Mapping[Spot, int], generation: int, *, held: Collection[Spot] = ()
    ) -> None:
        """See ``Source``."""
        if generation != self.generation:
            raise OwnershipChangedError
        self._at.update(positions)
        self.held = frozenset(held)

    async def fetch(self, limit: int, timeout_ms: int) -> Mapping[Spot, Sequence[Record]]:
        """See ``Source``. Where nothing waits, gives others a turn instead of waiting."""
        del timeout_ms
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails.pop(0)
        found: dict[Spot, Sequence[Record]] = {}
        for spot, at in list(self._at.items()):
            if spot in self.held:
                continue
            if at < self._log.extent(spot).first:
                raise PositionLostError(str(at))
            waiting = [record for record in self._log.records[spot] if record.offset >= at]
            if waiting:
                handed = waiting[:limit]
                limit -= len(handed)
                if handed:
                    found[spot] = handed
                    self._at[spot] = handed[-1].offset + 1
            else:
                self._at[spot] = self._log.extent(spot).end
        self.fetched()
        return found

    async def positions(self, spots: Sequence[Spot]) -> Mapping[Spot, int]:
        """See ``Source``."""
        return {spot: self._at[spot] for spot in spots}
