"""How long to wait before asking again."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Patience"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is repeated, and how long the client waits by itself.

    Longer waits are the poller's: it shows them on the page and lets the source rest.
    """

    attempts: int = 5
    """Calls in all, the first included."""
    first: float = 1.0
    """Seconds before the second attempt; doubles with each."""
    cap: float = 60.0
    """The longest back-off, seconds."""
    longest: float = 120.0
    """The longest wait inside a call, whoever asks for it, seconds."""

    def backoff(self, attempt: int, randomness: Callable[[], float]) -> float:
        """Seconds to wait after failed attempt number ``attempt`` (from 1).

        Half of it is drawn, so that many sources that failed together do not return together.
        """
        whole = min(self.cap, self.first * 2.0 ** min(attempt - 1, 30))
        return whole * (0.5 + randomness() / 2)
