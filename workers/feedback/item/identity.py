"""Which events an item has seen.

Invariant 3: what the world repeats changes no count. An identity is ``source`` and ``id`` of an
event, kept for ``HORIZON_DAYS`` days of stream time after it came, and at most ``MAX_SEEN`` of
an item. A repeat after that finds the same or a newer version of its part and changes nothing
either; it counts as late instead of repeated.
"""

from hashlib import blake2b

__all__ = ["DAY_MS", "HORIZON_DAYS", "MAX_SEEN", "day_of", "digest", "remembered"]

DAY_MS = 86_400_000
HORIZON_DAYS = 90
MAX_SEEN = 256


def digest(text: str) -> str:
    """64 bits of a hash, in hexadecimal: enough to tell an item's events apart."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def day_of(now: int) -> int:
    """Days since the epoch of a time in milliseconds."""
    return now // DAY_MS


def remembered(
    seen: tuple[tuple[str, int], ...], new: str, today: int
) -> tuple[tuple[str, int], ...]:
    """What has been seen with one more, without what is past the horizon or too many."""
    kept = [(one, day) for one, day in seen if day >= today - HORIZON_DAYS]
    return (*kept, (new, today))[-MAX_SEEN:]
