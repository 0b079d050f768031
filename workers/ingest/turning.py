"""The clock of one loop of the role: whoever asks it moves, and whoever hangs no longer does."""

from datetime import datetime

from connectors.base.contract import Clock
from workers.observability.turn import Turn

__all__ = ["TurningClock"]


class TurningClock:
    """A ``Clock`` that tells a turn of every question, and of every sleep beforehand.

    A poller and its connector ask for the time around each page and each call of a vendor's, and
    wait by nothing else.
    """

    def __init__(self, clock: Clock, turn: Turn) -> None:
        self._clock = clock
        self._turn = turn

    def now(self) -> datetime:
        """The time in UTC."""
        self._turn.comes_round()
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""
        self._turn.comes_round()
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        self._turn.rests(seconds)
        await self._clock.sleep(seconds)
        self._turn.comes_round()
