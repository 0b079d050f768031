"""The contract every destination fulfils.

Who calls: the sender of the delivery worker, which owns retries, rate and order. A
destination makes one attempt and says how it ended as a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from schemas.notification import MessageRequested

__all__ = ["Attempt", "Destination", "People", "Person", "Verdict"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be mentioned in a message."""

    name: str
    slack: str | None = None
    """Slack member id (``U024BE7LH``); without it the name is written instead."""


People = Mapping[str, Person]
"""Who can be mentioned, by the id that ``MessageRequested.mention`` carries."""


class Verdict(StrEnum):
    """How one attempt ended."""

    DELIVERED = "delivered"
    RETRY = "retry"
    """Certainly not delivered; trying again may help."""
    UNKNOWN = "unknown"
    """The request left us and no answer came: it may or may not have been delivered."""
    REFUSED = "refused"
    """Certainly not delivered, and trying again cannot help."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The end of one attempt."""

    verdict: Verdict
    reason: str = ""
    """For a person: what happened and what to do; no secret, no text of the message."""
    retry_after: float | None = None
    """Seconds the destination asked us to wait."""
    reference: str | None = None
    """The destination's own id of the message."""


class Destination(Protocol):
    """One receiver's way out."""

    @property
    def deduplicates(self) -> bool:
        """Whether the other side drops a second delivery with the same idempotency key."""
        ...

    async def send(
        self, message: MessageRequested, *, repeat: bool, traceparent: str | None = None
    ) -> Attempt:
        """Make one attempt. ``repeat`` marks a message that may have arrived already.

        ``traceparent`` goes along as the header of that name (W3C Trace Context).
        Never raises for what the network or the other side does.
        """
        ...

    async def find(self, message: MessageRequested, since: datetime) -> Attempt | None:
        """Whether the message has already arrived (asked before a repeat).

        ``since`` is when the first attempt began. ``Attempt(DELIVERED)`` if found,
        ``Attempt(RETRY)`` if surely absent, ``Attempt(UNKNOWN)`` if it could not be asked
        just now (ask again later), ``None`` where this destination cannot tell at all.
        Never raises for what the network or the other side does.
        """
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
