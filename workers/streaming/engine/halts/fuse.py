"""The fuse: a bad deploy must not empty the stream into the dead-letter topic.

Single bad records are set aside and the partition goes on. When too many die, the fault is
rather ours than theirs: the task halts before it commits, so that nothing of the chunk is
gone, and a person decides. After Sentry's arroyo, whose dead-letter limit is likewise a ratio
and a run.
"""

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from workers.streaming.engine.halts.halt import HaltError

__all__ = ["NO_FUSE", "Fuse", "FuseBlownError", "FuseLimits"]


_PASSED = False


class FuseBlownError(HaltError):
    """Too many records die. The message says how many of how many."""

    remedy = (
        "mend the worker, or what writes to its topics, then restart the role. If the records "
        "themselves are beyond reading, restart it with PRODUCTOPS_FUSE=false until it has set "
        "them aside as dead letters"
    )


@dataclass(frozen=True, slots=True)
class FuseLimits:
    """When a task halts."""

    consecutive: int = 100
    """So many dead records in a row."""
    ratio: float = 0.5
    """Or this share of the last ``window`` records."""
    window: int = 1_000


NO_FUSE = FuseLimits(consecutive=sys.maxsize, ratio=1.0)
"""Never blows: where a person has decided that all bad records are to be set aside."""


class Fuse:
    """Counts the dead of one task. Forgets when the process ends: a restart is a new try."""

    def __init__(self, limits: FuseLimits) -> None:
        self._limits = limits
        self._run = 0
        self._recent: deque[bool] = deque(maxlen=limits.window)
        self._dead = 0

    def passed(self, count: int) -> None:
        """As ``judge`` for so many records that all passed, which is the steady state.

        Without dead ones among the last records it costs next to nothing.
        """
        if self._dead:
            self.judge([_PASSED] * count)
        else:
            self._recent.extend(repeat(_PASSED, min(count, self._limits.window)))

    # Invariant 2: single records die, a stream does not.
    def judge(self, fates: Sequence[bool]) -> None:
        """Take the fate of each record of a chunk in order: ``True`` means dead.

        Raises ``FuseBlownError`` at the first record that is one too many.
        """
        for dead in fates:
            if len(self._recent) == self._limits.window:
                self._dead -= self._recent[0]
            self._recent.append(dead)
            self._dead += dead
            self._run = self._run + 1 if dead else 0
            if self._run >= self._limits.consecutive:
                raise FuseBlownError(f"{self._run} records in a row cannot be read or handled")
            full = len(self._recent) == self._limits.window
            if full and self._dead > self._limits.ratio * self._limits.window:
                raise FuseBlownError(
                    f"{self._dead} of the last {self._limits.window} records cannot be read or "
                    "handled"
                )
