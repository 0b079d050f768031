"""When to try again, and when to give up. Pure.

Back-off grows fourfold from five seconds to an hour, so that eight attempts outlast an outage
of an hour. Its jitter is derived from the message
and the number of the attempt instead of being drawn: the same history always gives the same
plan, and many messages that failed together still do not return together.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["DOUBT_WAIT_MS", "HORIZON_MS", "Policies", "Policy", "wait_ms"]

HORIZON_MS = 90 * 86_400_000
"""How long a settled message's id is remembered; later repeats count as late."""

DOUBT_WAIT_MS = 15_000
"""Least wait after an attempt without an answer: what is still under way can arrive meanwhile."""

_FIRST_MS = 5_000
_GROWTH = 4
_LONGEST_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Policy:
    """One receiver's patience."""

    attempts: int = 8
    max_age_ms: int = 86_400_000
    """From when it was requested; must be below ``HORIZON_MS``."""


Policies = Mapping[str, Policy]
"""Policy of each configured receiver, by name."""


def wait_ms(
    message_id: str, attempt: int, *, asked: float | None = None, doubt: bool = False
) -> int:
    """Milliseconds from the end of attempt number ``attempt`` (from 1) to the next.

    ``asked`` is what the destination wanted, in seconds; it is honoured up to an hour.
    """
    whole = min(_FIRST_MS * _GROWTH ** min(attempt - 1, 30), _LONGEST_MS)
    wait = int(whole * (0.5 + _fraction(message_id, attempt) / 2))
    if asked is not None:
        wait = max(wait, min(int(asked * 1_000), _LONGEST_MS))
    return max(wait, DOUBT_WAIT_MS) if doubt else wait


def _fraction(message_id: str, attempt: int) -> float:
    """A number from 0 to 1 that is the same for the same message and attempt."""
    digest = hashlib.sha256(f"{message_id}\0{attempt}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
