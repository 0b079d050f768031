"""What the outbox is told: requests from Kafka, and what the sender reports.

Reports are events of the task's own, never written to a topic. Their times are read from the
injected clock when the thing happened; from then on they are facts like any event's time,
and the outbox computes with nothing else.
"""

from dataclasses import dataclass

from connectors.destinations.contract import Attempt
from schemas.envelope import Event
from schemas.notification import MessageRequested

__all__ = ["AttemptEnded", "AttemptStarted", "Requested"]


@dataclass(frozen=True, slots=True)
class Requested:
    """A request, and when it was written to Kafka (milliseconds since the epoch).

    The event's own time is that of what it is about, which may be days older: a ticket that
    was read late is worth a message, a message that could not be sent for a day is not.
    """

    event: Event[MessageRequested]
    written_at: int

    @property
    def event_time(self) -> int:
        """The event's time in milliseconds since the epoch."""
        return int(self.event.time.timestamp() * 1_000)


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The sender asks leave to deal with this message now."""

    message_id: str
    at: int
    """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """How attempt number ``number`` of the message ended."""

    message_id: str
    number: int
    attempt: Attempt
    at: int
    """Milliseconds since the epoch."""
    repeat: bool = False
    """Whether it was sent although it may have arrived before, and marked as such."""
    absent: bool = False
    """Whether the destination said beforehand that it had not arrived."""
