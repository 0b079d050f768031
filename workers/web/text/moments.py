"""Moments and spans in words."""

from datetime import UTC, datetime, timedelta

__all__ = ["absolute", "ago", "span"]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_DAYS_IN_WORDS = 30


def span(seconds: float) -> str:
    """A length of time in its largest unit: ``40 s``, ``4 min``, ``3 h``, ``12 d``."""
    whole = max(int(seconds), 0)
    for size, name in _UNITS:
        if whole >= size:
            return f"{whole // size} {name}"
    return "0 s"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, or how far ahead: ``now``, ``4 min ago``, ``in 2 h``, ``3 Feb 2026``."""
    distance = now - moment
    if abs(distance) < timedelta(seconds=2):
        return "now"
    if distance > timedelta(days=_DAYS_IN_WORDS):
        return f"{moment.day} {moment:%b %Y}"
    if distance < timedelta():
        return f"in {span(-distance.total_seconds())}"
    return f"{span(distance.total_seconds())} ago"


def absolute(moment: datetime) -> str:
    """The moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
