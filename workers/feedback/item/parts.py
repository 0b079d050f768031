"""The parts of an item: taking one in, and what they say together.

Both are functions of the set of parts, not of the order in which they arrived: tools report
comments before their ticket, and late.
"""

from collections.abc import Sequence
from dataclasses import replace

from schemas.feedback import Kind, Match, Part, Urgency
from workers.feedback.classification.labels import Labels
from workers.feedback.classification.reading.language import UNKNOWN
from workers.feedback.item.rows import FOLDED, PartRow

__all__ = ["MAX_MATCHES", "MAX_PARTS", "take_in", "together"]

MAX_PARTS = 24
"""Parts kept one by one; beyond that the oldest are folded into one."""
MAX_MATCHES = 20
"""Pieces of evidence kept with an item."""

_URGENCIES = tuple(Urgency)


def take_in(parts: Sequence[PartRow], new: PartRow) -> tuple[PartRow, ...] | None:
    """The parts with this one; ``None`` where it is no newer than what is known of the part."""
    known = next((part for part in parts if part.part_id == new.part_id), None)
    if known is not None and (known.at, known.version) >= (new.at, new.version):
        return None
    others = [part for part in parts if part.part_id != new.part_id]
    ordered = sorted([*others, new], key=lambda part: part.order)
    while len(ordered) > MAX_PARTS:
        first = 1 if ordered[0].part is Part.OPENING else 0
        ordered[first : first + 2] = [_folded(ordered[first], ordered[first + 1])]
    return tuple(ordered)


def _folded(earlier: PartRow, later: PartRow) -> PartRow:
    """Two parts as one that says what they say together. It is never replaced."""
    return PartRow(
        part_id=FOLDED,
        part=later.part,
        at=later.at,
        version=later.version,
        labels=together((earlier, later)),
        channel=earlier.channel,
        found=earlier.found | later.found,
        score=later.score or earlier.score,
        customer_id=earlier.customer_id or later.customer_id,
    )


def together(parts: Sequence[PartRow]) -> Labels:
    """The labels of an item.

    Kind and confidence of the first part that says one (the opening comes first), the first
    area and language, the highest urgency, the sentiment of the latest part, the evidence of
    all.
    """
    labels = [part.labels for part in parts]
    speaking = next((one for one in labels if one.kind is not Kind.OTHER), labels[0])
    language = next((one.language for one in labels if one.language != UNKNOWN), UNKNOWN)
    together = Labels(
        kind=speaking.kind,
        confidence=speaking.confidence,
        area=next((one.area for one in labels if one.area is not None), None),
        sentiment=labels[-1].sentiment,
        urgency=max((one.urgency for one in labels), key=_URGENCIES.index),
        language=language,
        themes=tuple(dict.fromkeys(theme for one in labels for theme in one.themes)),
    )
    return replace(together, matches=_united(labels, together))


def _united(labels: Sequence[Labels], item: Labels) -> tuple[Match, ...]:
    """The evidence of all parts, that for the item's own labels first; each rule once."""
    own = {
        f"kind={item.kind.value}",
        f"area={item.area}",
        f"sentiment={item.sentiment.value}",
        f"urgency={item.urgency.value}",
    }
    united: dict[tuple[str, str], Match] = {}
    for match in (match for one in labels for match in one.matches):
        united.setdefault((match.label, match.rule), match)
    ranked = sorted(united.values(), key=lambda match: match.label not in own)
    return tuple(ranked[:MAX_MATCHES])
