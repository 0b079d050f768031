"""A token bucket: how often a destination may be called."""

from connectors.base.contract import Clock

__all__ = ["Bucket"]


class Bucket:
    """One call at once, then ``rate`` calls a second. Time is the clock's monotonic one."""

    def __init__(self, clock: Clock, rate: float) -> None:
        """``rate``: calls a second, above 0."""
        self._clock = clock
        self._every = 1 / rate
        self._free_at = clock.monotonic()

    def delay(self) -> float:
        """Seconds until the next call is allowed."""
        return max(0.0, self._free_at - self._clock.monotonic())

    def take(self) -> None:
        """Count a call made now."""
        self._free_at = max(self._free_at, self._clock.monotonic()) + self._every
