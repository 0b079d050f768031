"""Saying why something waits: at once, whenever the reason changes, and every minute."""

import time
from collections.abc import Callable

__all__ = ["Said"]

_AGAIN_SECONDS = 60.0


class Said:
    """What was said last, and when."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.reason = ""
        """Empty where nothing is the matter."""
        self._at = 0.0

    def due(self, reason: str) -> bool:
        """Whether to say it now; then it counts as said."""
        now = self._clock()
        if reason == self.reason and now - self._at <= _AGAIN_SECONDS:
            return False
        self.reason, self._at = reason, now
        return True

    def forget(self) -> None:
        """Nothing is the matter any more."""
        self.reason = ""
