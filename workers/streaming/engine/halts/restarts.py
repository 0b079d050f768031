"""Whether a task that has failed tries again, when, and whether it says so."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.observability.said import Said
from workers.streaming.access.dates import refused_date
from workers.streaming.access.reasons import in_words, refused_right
from workers.streaming.backoff import backoff

__all__ = ["Restart", "Restarts"]

_MAX_FAILURES = 8
_FIRST_BACKOFF_SECONDS = 0.2
_MAX_BACKOFF_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Restart:
    """What to do about a failure."""

    reason: str
    """What happened, in words."""
    attempt: int
    """How many failures there were since a chunk went well, with this one."""
    loud: bool
    """Whether to say it; the same reason again and again is said every minute."""
    pause: float
    """Seconds to wait before the next attempt."""
    final: str | None
    """Why there is none: what no further attempt would mend."""


class Restarts:
    """The failures of a task since a chunk went well.

    What time mends, as a broker that is away, is tried without an end; anything else only so often.
    """

    def __init__(
        self, wall: Callable[[], int], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``wall``: this machine's time in ms; ``clock``: seconds that only ever go on."""
        self._wall = wall
        self._said = Said(clock)
        self._failures = 0

    def after(self, error: Exception) -> Restart:
        """What to do after one more failure."""
        self._failures += 1
        reason = in_words(error)
        here = datetime.fromtimestamp(self._wall() / 1000, UTC)
        final = refused_right(error) or refused_date(error, here)
        if final is None and self._failures >= _MAX_FAILURES and not _passing(error):
            final = str(error)
        pause = backoff(self._failures, first=_FIRST_BACKOFF_SECONDS, most=_MAX_BACKOFF_SECONDS)
        return Restart(reason, self._failures, self._said.due(reason), pause, final)

    def went_well(self) -> None:
        """A chunk, or a turn without one, came to its end."""
        self._failures = 0
        self._said.forget()


def _passing(error: Exception) -> bool:
    """Whether time mends it, as when the broker is away."""
    return isinstance(error, TimeoutError | OSError) or bool(getattr(error, "retriable", False))
