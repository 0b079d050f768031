"""What the sender reports to the outbox: events of the task's own, never written to a topic.

Their times are read from the injected clock when the thing happened; from then on they are
facts like any event's time, and the outbox computes with nothing else.
"""

from dataclasses import dataclass

from connectors.destinations.contract import Attempt

__all__ = ["AttemptEnded", "AttemptStarted"]


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
