"""The fields that a condition may ask about."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from schemas.feedback import Channel, Kind, Sentiment, Urgency

__all__ = ["FIELDS", "Field", "Origin", "Shape", "field_named"]


class Shape(Enum):
    """What a field's values are."""

    CHOICE = "choice"
    """One of a closed set."""
    NAME = "name"
    """A short name: a source, a tag, an attribute's value."""
    WORDS = "words"
    """A customer's words: only searched, never compared."""
    NUMBER = "number"


class Origin(Enum):
    """Where a field's value comes from, and so how long it is known."""

    ITEM = "item"
    """A label or fact of the item: kept with it."""
    PART = "part"
    """Something one part of the item said: asked when the part is read, then forgotten."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its values, and whether they have an order."""

    name: str
    summary: str
    shape: Shape
    origin: Origin = Origin.ITEM
    values: tuple[str, ...] = ()
    """Of a choice, lowest first where ``ordered``."""
    ordered: bool = False

    @property
    def operators(self) -> Sequence[str]:
        """The operators that make sense on this field."""
        if self.shape is Shape.WORDS:
            return ("=~", "!~")
        if self.shape is Shape.NUMBER:
            return ("=", "!=", "<", "<=", ">", ">=")
        if self.ordered:
            return ("=", "!=", "in", "not in", "<", "<=", ">", ">=")
        if self.name.startswith(_ATTRIBUTES):
            return ("=", "!=", "=~", "!~", "in", "not in", "<", "<=", ">", ">=")
        return ("=", "!=", "=~", "!~", "in", "not in")


def _values(choices: type[StrEnum]) -> tuple[str, ...]:
    return tuple(choice.value for choice in choices)


_PART = Origin.PART
_ATTRIBUTES = "attributes."

FIELDS: tuple[Field, ...] = (
    Field("kind", "what the customer wants from us", Shape.CHOICE, values=_values(Kind)),
    Field("area", "product area of team.yaml", Shape.NAME),
    Field(
        "sentiment",
        "how the customer feels",
        Shape.CHOICE,
        values=_values(Sentiment),
        ordered=True,
    ),
    Field(
        "urgency",
        "how soon somebody should look",
        Shape.CHOICE,
        values=_values(Urgency),
        ordered=True,
    ),
    Field("language", "ISO 639-1, or und where unclear", Shape.NAME),
    Field("confidence", "of the kind, 0 to 1", Shape.NUMBER),
    Field("source", "name of the source in sources.yaml", Shape.NAME),
    Field("vendor", "the tool it came from", Shape.NAME),
    Field("channel", "the kind of place", Shape.CHOICE, values=_values(Channel)),
    Field("score.normalised", "the latest score, 0 (worst) to 1 (best)", Shape.NUMBER),
    Field("score.raw", "the latest score as given", Shape.NUMBER),
    Field("score.scale", "the latest score's scale", Shape.NAME),
    Field("text", "the words, subject included", Shape.WORDS, _PART),
    Field("subject", "the subject line", Shape.WORDS, _PART),
    Field("tags", "labels given in the tool", Shape.NAME, _PART),
    Field("customer.id", "the tool's id of the customer", Shape.NAME, _PART),
    Field("customer.tier", "the customer's plan or tier", Shape.NAME, _PART),
    Field("customer.organization", "name or id of the customer's company", Shape.NAME, _PART),
)
"""Every field with a fixed name; ``attributes.<name>`` comes from the tool."""

_BY_NAME = {field.name: field for field in FIELDS}


def field_named(name: str) -> Field | None:
    """The field of this name; ``attributes.<name>`` for any name. ``None`` if there is none."""
    if name.startswith(_ATTRIBUTES) and len(name) > len(_ATTRIBUTES):
        return Field(name, "a field of the tool", Shape.NAME, Origin.PART)
    return _BY_NAME.get(name)
