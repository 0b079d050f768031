"""What a classifier is given and what it answers: the seat for any kind of classifier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.feedback import (
    Channel,
    FeedbackReceived,
    Kind,
    Match,
    Score,
    Sentiment,
    Urgency,
)
from workers.feedback.classification.reading.text import ReadText

__all__ = ["ClassifiableText", "Classifier", "Labels"]


@dataclass(frozen=True, slots=True)
class ClassifiableText:
    """One part's words and the signals that came with them."""

    read: ReadText
    language: str | None = None
    """As the tool states it."""
    channel: Channel | None = None
    score: Score | None = None
    tier: str | None = None
    """The customer's plan or tier."""
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, part: FeedbackReceived, read: ReadText) -> "ClassifiableText":
        """A part's words, as read, and its signals."""
        return cls(
            read=read,
            language=part.language,
            channel=part.channel,
            score=part.score,
            tier=part.customer.tier if part.customer else None,
            tags=part.tags,
            attributes=part.attributes,
        )


@dataclass(frozen=True, slots=True)
class Labels:
    """What one part says. Holds no text but the words that rules name."""

    kind: Kind
    confidence: float
    """Of ``kind``, from 0 to 1."""
    area: str | None
    sentiment: Sentiment
    urgency: Urgency
    language: str
    """ISO 639-1 or ``und``."""
    matches: tuple[Match, ...] = ()
    themes: tuple[str, ...] = ()


class Classifier(Protocol):
    """Gives labels to texts.

    Who calls: the processor, with all new texts of a chunk at once. Blocking: plain
    computation. Raises: nothing for any text. The same texts give the same labels, each
    independent of its neighbours in the batch.
    """

    @property
    def version(self) -> str:
        """Name and version of the model, kept with every result."""
        ...

    def classify(self, texts: Sequence[ClassifiableText], /) -> Sequence[Labels]:
        """Labels in the order of ``texts``."""
        ...
