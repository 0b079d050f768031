"""The fields that routes may ask about, flat, as ``workers.config.matchers`` names them."""

from collections.abc import Sequence

from schemas.feedback import FeedbackReceived
from workers.config.matchers import Fields, Value
from workers.feedback.classification.labels import Labels
from workers.feedback.classification.reading.text import ReadText
from workers.feedback.item.rows import PartRow
from workers.feedback.routing.facts import Facts

__all__ = ["facts_of_item", "fields_of_part", "label_fields"]


def fields_of_part(part: FeedbackReceived, read: ReadText) -> Fields:
    """What one part says: asked once, when it is read."""
    customer = part.customer
    fields: dict[str, Value | None] = {
        "text": read.plain or None,
        "subject": read.subject or None,
        "tags": part.tags or None,
    }
    if customer is not None:
        names = (customer.organization_name, customer.organization_id)
        fields |= {
            "customer.id": customer.id,
            "customer.tier": customer.tier,
            "customer.organization": tuple(name for name in names if name) or None,
        }
    fields.update({f"attributes.{name}": value for name, value in part.attributes.items()})
    return fields


def label_fields(labels: Labels) -> dict[str, Value | None]:
    """What classification says."""
    return {
        "kind": labels.kind.value,
        "area": labels.area,
        "sentiment": labels.sentiment.value,
        "urgency": labels.urgency.value,
        "language": labels.language,
        "confidence": labels.confidence,
    }


def facts_of_item(source_name: str, vendor: str, labels: Labels, parts: Sequence[PartRow]) -> Facts:
    """What the item is: its labels, where it comes from, its latest score, what its parts met."""
    score = next((one.score for one in reversed(parts) if one.score is not None), None)
    fields: dict[str, Value | None] = {
        **label_fields(labels),
        "source": source_name,
        "vendor": vendor,
        "channel": parts[0].channel.value,
        "score.normalised": score.normalised if score else None,
        "score.raw": score.raw if score else None,
        "score.scale": score.scale if score else None,
    }
    return Facts(fields, frozenset[str]().union(*(part.found for part in parts)))
