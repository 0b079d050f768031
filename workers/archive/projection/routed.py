"""``feedback.item.routed.v1``: who an item went to and why; the highest revision holds."""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.feedback import FeedbackRouted
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
            "routed_version",
            (
                "routed_revision",
                "routed_on_revision",
                "routed_at",
                "team",
                "owner",
                "route",
                "targets",
                "due_at",
            ),
        ),
    ),
    # once people were told, an item is no silent history, whoever decides it anew in silence
    greatest=("source_name", "activity_at", "announced"),
    ladder=STATUS,
)


def project(event: Event[FeedbackRouted], record: Record) -> Sequence[Change]:
    """The item's row, which may not have been received yet."""
    data = event.data
    row = {
        "item_id": data.item_id,
        "source_name": data.source_name,
        "status": Status.ROUTED.value,
        "activity_at": activity_of(event, record),
        "routed_version": f"{data.revision:020d}|{sortable(event.time)}|{event.id}",
        "routed_revision": data.revision,
        "routed_on_revision": data.classified_revision,
        "routed_at": event.time,
        "team": data.team,
        "owner": data.owner,
        "route": data.targets[0].route,
        "targets": [target.model_dump(mode="json") for target in data.targets],
        "announced": data.announced,
        "due_at": data.due_at,
    }
    return (Change(ITEM, row),)
