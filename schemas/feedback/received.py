"""``feedback.item.received.v1``: one piece of feedback as a tool reported it.

Invariant 10: the only topic that carries customer identity (``customer``) and the whole words;
every later topic refers to them by ``item_id`` and ``customer_id``.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from schemas.envelope import Data, UtcTime

__all__ = ["MAX_TEXT", "Channel", "Customer", "FeedbackReceived", "Part", "Score"]

MAX_TEXT = 100_000
"""Characters of text kept; longer text is cut by the connector and marked ``truncated``."""


class Channel(StrEnum):
    """The kind of place the feedback came from."""

    TICKET = "ticket"
    SURVEY = "survey"
    REVIEW = "review"
    POST = "post"
    CALL = "call"
    MESSAGE = "message"


class Part(StrEnum):
    """Which part of its item an event reports; an item is a ticket with all its parts."""

    OPENING = "opening"
    """The item itself: subject and first text. A new version replaces the former."""
    COMMENT = "comment"
    """Something the customer added later."""
    RATING = "rating"
    """A score given to the item, with or without words."""


class Score(Data):
    """A score as given, with its scale, and on the common scale from 0 (worst) to 1 (best)."""

    raw: float
    low: float
    """The worst value of the scale."""
    high: float
    """The best value of the scale; below ``low`` where the vendor counts downwards."""
    scale: Annotated[str, Field(min_length=1, max_length=64)]
    """``nps_0_10``, ``csat_1_5``, ``stars_1_5``, ``csat_good_bad``, ..."""
    normalised: Annotated[float, Field(ge=0.0, le=1.0)]

    @model_validator(mode="after")
    def _within(self) -> "Score":
        low, high = sorted((self.low, self.high))
        if low == high or not low <= self.raw <= high:
            msg = f"score {self.raw} is outside its scale {self.scale} ({self.low} to {self.high})"
            raise ValueError(msg)
        return self

    @classmethod
    def of(cls, raw: float, low: float, high: float, scale: str) -> "Score":
        """A score with its normalised value computed; raises ``ValueError`` outside the scale."""
        span = high - low
        normalised = (raw - low) / span if span else -1.0
        return cls(raw=raw, low=low, high=high, scale=scale, normalised=round(normalised, 6))


class Customer(Data):
    """Who gave the feedback. Personal data: stands in this topic and nowhere else."""

    id: Annotated[str, Field(min_length=1, max_length=256)]
    """The vendor's id of the person, prefixed by the source: safe to pass on."""
    name: Annotated[str, Field(max_length=256)] | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    organization_id: Annotated[str, Field(max_length=256)] | None = None
    organization_name: Annotated[str, Field(max_length=256)] | None = None
    tier: Annotated[str, Field(max_length=64)] | None = None
    """Plan or customer tier, where the tool knows it."""


class FeedbackReceived(Data):
    """One part of one item of feedback, normalised."""

    item_id: Annotated[str, Field(min_length=1, max_length=256)]
    """``<source>:<vendor record kind>:<vendor id>``; the record key of every feedback topic."""
    source_name: Annotated[str, Field(min_length=1, max_length=64)]
    """The source's name in ``sources.yaml``."""
    vendor: Annotated[str, Field(min_length=1, max_length=64)]
    channel: Channel
    part: Part
    part_id: Annotated[str, Field(min_length=1, max_length=256)]
    """Identifies the part within the item, over all its versions."""
    subject: Annotated[str, Field(max_length=1_000)] = ""
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    truncated: bool = False
    language: Annotated[str, Field(max_length=16)] | None = None
    """As the tool states it; detection is the feedback worker's."""
    score: Score | None = None
    customer: Customer | None = None
    tags: tuple[Annotated[str, Field(max_length=128)], ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)
    """The tool's other fields that routing rules may match: status, priority, brand, ..."""
    url: Annotated[str, Field(max_length=2_048)] | None = None
    """Where a person opens the item in the tool."""
    created_at: UtcTime
    """When the item was created in the tool (the item, not this part)."""
    updated_at: UtcTime
    """When this version of the part was made."""
