"""How many calls a simulated vendor allows."""

from collections import deque
from collections.abc import Callable

__all__ = ["Budget"]


class Budget:
    """So many calls in any window of some seconds."""

    def __init__(self, calls: int, monotonic: Callable[[], float], *, window: float = 60.0) -> None:
        self.calls = calls
        self._window = window
        self._monotonic = monotonic
        self._made: deque[float] = deque()

    def take(self) -> float:
        """0 for a call that is allowed, else the seconds to wait; a refused call costs nothing."""
        if self.left <= 0:
            return self.resets_in
        self._made.append(self._monotonic())
        return 0.0

    @property
    def left(self) -> int:
        """Calls that would be allowed right now."""
        now = self._monotonic()
        while self._made and self._made[0] <= now - self._window:
            self._made.popleft()
        return self.calls - len(self._made)

    @property
    def resets_in(self) -> float:
        """Seconds until the oldest call no longer counts."""
        return self._made[0] + self._window - self._monotonic() if self._made else 0.0
