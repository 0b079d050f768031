"""For how long the readers of a topic recognise what they have seen.

A record that is replayed after that may have been handled meanwhile, as a repeat from its
source, without its reader knowing it any more; or its reader counts it as late and does
nothing. Either way somebody has to look first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from schemas.topics import RECEIVED, REQUESTED
from workers.delivery.policy import HORIZON_MS
from workers.feedback.item.identity import HORIZON_DAYS

__all__ = ["HORIZONS", "CountedFrom", "Horizon"]


class CountedFrom(Enum):
    """What a role measures the age of an event from."""

    ARRIVAL = auto()
    """When it came: history that is imported today is as new as what happens today."""
    EVENT = auto()
    """The event's own time."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The memory of a role."""

    role: str
    length: timedelta
    counted_from: CountedFrom

    def begin(self, event_time: datetime | None, first_failed_at: datetime) -> datetime:
        """From when the age of a record counts; its first failure stands for its arrival."""
        if self.counted_from is CountedFrom.EVENT and event_time is not None:
            return event_time
        return first_failed_at


HORIZONS: Mapping[str, Horizon] = {
    RECEIVED.name: Horizon("feedback", timedelta(days=HORIZON_DAYS), CountedFrom.ARRIVAL),
    REQUESTED.name: Horizon("delivery", timedelta(milliseconds=HORIZON_MS), CountedFrom.EVENT),
}
"""Topic -> the role that reads it and remembers. Topics without one have no such reader."""
