"""Whether a loop still comes round: what ``alive`` is made of where no task of the platform tells.

A loop says when it has come round, and beforehand when it is going to rest. Late is who has not
come round for half an hour more than that. It is a long time on purpose: whatever a loop does has
a bound of its own, of seconds or minutes, after which it says why it waits. This is for the wait
that nobody thought of, and must not end a process for a database that takes its time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["PATIENCE_SECONDS", "Turn"]

PATIENCE_SECONDS = 1_800.0


class Turn:
    """One loop's. Its methods belong to the loop's thread; ``late`` may be asked from any."""

    def __init__(
        self,
        *,
        patience: float = PATIENCE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience
        self._monotonic = monotonic
        self._due: float | None = None
        """When the loop has to be round; ``None`` while there is no loop."""

    @property
    def late(self) -> bool:
        """Whether the loop has begun, has not ended, and has not come round in time."""
        due = self._due
        return due is not None and self._monotonic() > due

    @contextmanager
    def going_round(self) -> Iterator[None]:
        """While this is open there is a loop; it begins a round."""
        self.rests(0.0)
        try:
            yield
        finally:
            self._due = None

    def comes_round(self) -> None:
        """Everything moves."""
        self.rests(0.0)

    def rests(self, seconds: float) -> None:
        """Nothing is expected for so long, and then as ever."""
        self._due = self._monotonic() + seconds + self._patience
