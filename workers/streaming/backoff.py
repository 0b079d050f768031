"""Pauses that double with each failure, up to a bound."""

__all__ = ["backoff"]

_MOST_DOUBLINGS = 30


def backoff(failures: int, *, first: float, most: float) -> float:
    """Seconds to wait after so many failures in a row (at least one)."""
    return float(min(most, first * 2 ** min(failures - 1, _MOST_DOUBLINGS)))
