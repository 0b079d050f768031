"""``feedback.item.classified.v1``: the labels of an item; the highest revision holds."""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.feedback import FeedbackClassified, Urgency
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.projection.moments import activity_of, sortable
from workers.archive.projection.status import STATUS, Status
from workers.archive.tables import items
from workers.processor import Record

__all__ = ["project"]

ITEM = Merge(
    items,
    groups=(
        Group(
            "classified_version",
            (
                "classified_revision",
                "classified_at",
                "language",
                "kind",
                "area",
                "themes",
                "sentiment",
                "urgency",
                "urgency_rank",
                "confidence",
                "matches",
                "model_version",
            ),
        ),
    ),
    greatest=("source_name", "activity_at"),
    ladder=STATUS,
)
_URGENCY_RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}


def project(event: Event[FeedbackClassified], record: Record) -> Sequence[Change]:
    """The item's row, which may not have been received yet."""
    data = event.data
    row = {
        "item_id": data.item_id,
        "source_name": data.source_name,
        "status": Status.CLASSIFIED.value,
        "activity_at": activity_of(event, record),
        "classified_version": f"{data.revision:020d}|{sortable(event.time)}|{event.id}",
        "classified_revision": data.revision,
        "classified_at": event.time,
        "language": data.language,
        "kind": data.kind.value,
        "area": data.area,
        "themes": list(data.themes),
        "sentiment": data.sentiment.value,
        "urgency": data.urgency.value,
        "urgency_rank": _URGENCY_RANK[data.urgency],
        "confidence": data.confidence,
        "matches": [match.model_dump(mode="json") for match in data.matches],
        "model_version": data.model_version,
    }
    return (Change(ITEM, row),)
