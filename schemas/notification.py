"""``notification.message.*``: what to tell whom, and how it ended."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.envelope import Data, UtcTime

__all__ = ["Fact", "MessageRequested", "MessageSettled", "Outcome"]


class Fact(Data):
    """A labelled value shown beneath a message: ``Urgency: high``."""

    label: Annotated[str, Field(max_length=64)]
    value: Annotated[str, Field(max_length=256)]


class MessageRequested(Data):
    """``notification.message.requested.v1``: one message for one receiver."""

    message_id: Annotated[str, Field(min_length=1, max_length=256)]
    """The idempotency key: the same decision for the same receiver has the same id."""
    receiver: Annotated[str, Field(min_length=1, max_length=64)]
    """Name of a receiver in ``routes.yaml``."""
    title: Annotated[str, Field(min_length=1, max_length=150)]
    body: Annotated[str, Field(max_length=2_000)] = ""
    """A quotation with mail addresses and numbers masked; plain text."""
    link: Annotated[str, Field(max_length=2_048)] | None = None
    facts: tuple[Fact, ...] = ()
    mention: Annotated[str, Field(max_length=64)] | None = None
    """Id of the person in ``team.yaml`` to mention."""
    about: Annotated[str, Field(max_length=256)]
    """Id of the item or experiment the message is about."""


class Outcome(StrEnum):
    """How a message ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """Permanently: the destination refused it, or attempts ran out."""
    EXPIRED = "expired"
    """It was too old to be worth sending when its turn came."""


class MessageSettled(Data):
    """``notification.message.settled.v1``: a message has been delivered, or never will be."""

    message_id: Annotated[str, Field(min_length=1, max_length=256)]
    receiver: Annotated[str, Field(min_length=1, max_length=64)]
    outcome: Outcome
    attempts: Annotated[int, Field(ge=0)]
    repeated: bool = False
    """Whether the destination may have got it twice (a crash between call and record)."""
    reason: Annotated[str, Field(max_length=512)] = ""
    """For a failure: what happened and what to do."""
    reference: Annotated[str, Field(max_length=256)] | None = None
    """The destination's own id of the message (Slack: ``channel/ts``)."""
    about: Annotated[str, Field(max_length=256)]
    settled_at: UtcTime
