"""The rows of the feedback role's state.

A row holds no sentence of a customer: labels, the words that rules matched, and the keys of
the conditions that a part met.
"""

from dataclasses import dataclass, field

from schemas.feedback import Channel, Part, Score
from workers.feedback.classification.labels import Labels
from workers.feedback.item.identity import NOTHING_SEEN

__all__ = ["FOLDED", "ItemRow", "PartRow", "Row", "SweepRow"]

FOLDED = ""
"""Part id of the part that stands for those folded together; no vendor has an empty id."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """The latest version of one part of an item."""

    part_id: str
    part: Part
    at: int
    """Event time of this version, in milliseconds."""
    version: str
    """Short digest of the event's identity: decides between versions of the same time."""
    labels: Labels
    channel: Channel
    found: frozenset[str] = frozenset()
    """Keys of the routing conditions that this part met."""
    score: Score | None = None
    customer_id: str | None = None

    @property
    def order(self) -> tuple[bool, int, str]:
        """The opening first, then by time."""
        return (self.part is not Part.OPENING, self.at, self.version)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item: its parts in order, what has been seen, said and to whom."""

    created: int
    """The earliest creation time any part gave, in milliseconds."""
    touched: int
    """Day of stream time (days since the epoch) on which the row last changed."""
    parts: tuple[PartRow, ...] = ()
    seen: bytes = NOTHING_SEEN
    """Digests of event identities with the day they came, oldest first, packed."""
    classified: int = 0
    """Revision of the last classification."""
    routed: int = 0
    """Revision of the last route."""
    route: str = ""
    """Digest of the last route."""
    informed: tuple[str, ...] = field(default=())
    """Receivers that have been told."""


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One row a partition: the last day on which old rows were looked for."""

    day: int


Row = ItemRow | SweepRow
