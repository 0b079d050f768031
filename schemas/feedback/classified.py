"""``feedback.item.classified.v1``: what a piece of feedback is, and which words say so."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.envelope import Data

__all__ = ["FeedbackClassified", "Kind", "Match", "Sentiment", "Urgency"]


class Kind(StrEnum):
    """What the customer wants from us."""

    BUG = "bug"
    FEATURE_REQUEST = "feature_request"
    QUESTION = "question"
    COMPLAINT = "complaint"
    PRAISE = "praise"
    OTHER = "other"


class Sentiment(StrEnum):
    """How the customer feels about it."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Urgency(StrEnum):
    """How soon somebody should look; ordered from low to critical."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class Match(Data):
    """One piece of evidence: which rule spoke for which label, on which words."""

    label: Annotated[str, Field(max_length=128)]
    """``kind=bug``, ``area=billing``, ``urgency=high``, ..."""
    rule: Annotated[str, Field(max_length=128)]
    """Id of the rule that fired."""
    words: tuple[Annotated[str, Field(max_length=128)], ...] = ()
    """The matched words as they stand in the text; empty for a signal such as a score."""
    reason: Annotated[str, Field(max_length=256)] = ""
    """The signal in words: ``score 2 of 10``."""


class FeedbackClassified(Data):
    """The labels of an item after one more of its parts has been read."""

    item_id: Annotated[str, Field(min_length=1, max_length=256)]
    source_name: Annotated[str, Field(min_length=1, max_length=64)]
    customer_id: Annotated[str, Field(max_length=256)] | None = None
    revision: Annotated[int, Field(ge=1)]
    """Counts up with each change of the labels; 1 is the first classification."""
    language: Annotated[str, Field(max_length=16)]
    """ISO 639-1, or ``und`` where the text is too short to tell."""
    kind: Kind
    area: Annotated[str, Field(max_length=64)] | None = None
    """Product area from ``team.yaml``; none where no area's words occur."""
    themes: tuple[Annotated[str, Field(max_length=64)], ...] = ()
    sentiment: Sentiment
    urgency: Urgency
    confidence: Annotated[float, Field(ge=0.0, le=1.0)]
    """Of ``kind``."""
    matches: tuple[Match, ...] = ()
    model_version: Annotated[str, Field(max_length=64)]
