"""How many calls a vendor allows: a value, replaced after each call."""

from dataclasses import dataclass, replace

__all__ = ["Allowance", "Budget"]

_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a response said about a limit; ``None`` where it said nothing."""

    limit: int | None = None
    remaining: int | None = None
    reset_in: float | None = None
    """Seconds until the window starts anew."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``calls`` in any ``window`` seconds.

    The window slides, so that it holds whether the vendor counts by the clock's minute or by
    the last sixty seconds. Times are seconds of a monotonic clock.
    """

    calls: int
    window: float
    spent: tuple[float, ...] = ()
    """When the calls within the window were made, oldest first."""
    closed_until: float = _NEVER
    """Before this moment the vendor allows nothing."""

    def left(self, now: float) -> int:
        """Calls that may be made right now."""
        if now < self.closed_until:
            return 0
        return max(0, self.calls - len(self._recent(now)))

    def wait(self, now: float) -> float:
        """Seconds until the next call may be made."""
        recent = self._recent(now)
        by_count = recent[-self.calls] + self.window - now if len(recent) >= self.calls else 0.0
        return max(0.0, by_count, self.closed_until - now)

    def spend(self, now: float) -> "Budget":
        """After one call."""
        return replace(self, spent=(*self._recent(now), now))

    def told(self, allowance: Allowance, now: float) -> "Budget":
        """After the vendor's own figures, which count the calls of others too."""
        limit = allowance.limit or 0
        budget = replace(self, calls=limit) if limit > 0 else self
        if allowance.remaining is None:
            return budget
        if allowance.remaining <= 0 and allowance.reset_in is not None:
            return replace(budget, closed_until=now + max(0.0, allowance.reset_in))
        unseen = budget.left(now) - max(0, allowance.remaining)
        if unseen > 0:
            return replace(budget, spent=(*self._recent(now), *([now] * unseen)))
        return budget

    def _recent(self, now: float) -> tuple[float, ...]:
        return tuple(moment for moment in self.spent if moment > now - self.window)
