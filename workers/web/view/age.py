"""The age of the data in one line."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.archive.queries import Freshness
from workers.web.text.moments import span

__all__ = ["Age", "age_of"]

_JUST_NOW = timedelta(seconds=15)

_STALE = timedelta(seconds=60)
"""The archive looks every few seconds; after this long it is not looking any more."""


@dataclass(frozen=True, slots=True)
class Age:
    """``tone`` is ``good``, ``warn`` or ``bad``."""

    text: str
    tone: str


def age_of(freshness: Freshness, now: datetime) -> Age:
    """What to say about the age."""
    if freshness.checked_at is None:
        return Age("No data yet: the archive role has not started", "warn")
    silent = now - freshness.checked_at
    if silent > _STALE:
        return Age(
            f"Data is {span(silent.total_seconds())} old: is the archive role running?", "bad"
        )
    if freshness.lag:
        return Age(f"Catching up: {freshness.lag:,} events to go", "warn")
    if silent < _JUST_NOW:
        return Age("Up to date", "good")
    return Age(f"Up to date {span(silent.total_seconds())} ago", "good")
