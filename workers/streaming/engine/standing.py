"""Where a task stands in its inputs: what is processed, what of it is committed, stream time."""

import time
from collections.abc import Callable, Mapping

from aiokafka import TopicPartition

__all__ = ["Standing"]


class Standing:
    """Bookkeeping of one task; changes nothing outside itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.positions: dict[TopicPartition, int] = {}
        """Next offset of each input."""
        self.now = 0
        """Stream time in milliseconds."""
        self._committed: dict[TopicPartition, int] = {}
        self._unsent: set[TopicPartition] = set()
        self._unsent_since = 0.0
        self._clock = clock

    def go_on(self, committed: dict[TopicPartition, int], now: int) -> None:
        """Stand where the group stands, or behind what was processed since to no effect.

        That is still so if nobody has committed meanwhile; its records will not come again.
        """
        same = committed == self._committed
        held = {tp: self.positions[tp] for tp in self._unsent} if same else {}
        self._committed, self.positions = committed, committed | held
        self._unsent = set(held)
        self.now = max(now, self.now) if same else now

    def passed(self, positions: Mapping[TopicPartition, int], now: int) -> None:
        """These positions are processed."""
        self.positions.update(positions)
        self.now = now

    def put_off(self, positions: Mapping[TopicPartition, int]) -> None:
        """The commit of these positions waits for the next transaction."""
        if not self._unsent:
            self._unsent_since = self._clock()
        self._unsent.update(positions)

    @property
    def owes(self) -> bool:
        """Whether a commit was put off."""
        return bool(self._unsent)

    def waits_longer_than(self, seconds: float) -> bool:
        """Whether a commit was put off so long ago."""
        return self.owes and self._clock() - self._unsent_since > seconds

    def to_commit(self, positions: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """What a transaction that ends at ``positions`` commits."""
        return {tp: self.positions[tp] for tp in self._unsent} | dict(positions)

    def committed(self, ends: Mapping[TopicPartition, int]) -> None:
        """The offsets of ``to_commit`` are committed."""
        self._committed.update(ends)
        self._unsent.clear()
