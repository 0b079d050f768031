"""``feedback.item.received.v1``: the item as the tool reports it, and the part itself.

The item shows its opening; while only later parts are known (the opening is older than the
first pull reaches), it shows the newest of them. Customer and score come from the newest
event that has something to say about them.
"""

from collections.abc import Sequence
from typing import Any

from schemas.envelope import Event
from schemas.feedback import Customer, FeedbackReceived, Part, Score
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.projection.moments import activity_of, arrival_of, sortable
from workers.archive.projection.status import STATUS, Status
from workers.archive.tables import items, parts
from workers.processor import Record

__all__ = ["project"]

_SCORE = ("score_raw", "score_low", "score_high", "score_scale", "score_normalised")

ITEM = Merge(
    items,
    groups=(
        Group(
            "lead_version",
            (
                "lead_part",
                "vendor",
                "channel",
                "subject",
                "text",
                "truncated",
                "stated_language",
                "tags",
                "attributes",
                "url",
                "created_at",
            ),
        ),
        Group(
            "customer_version",
            (
                "customer_id",
                "customer_name",
                "customer_email",
                "organization_id",
                "organization_name",
                "customer_tier",
            ),
        ),
        Group("score_version", _SCORE),
    ),
    greatest=("source_name", "activity_at", "updated_at"),
    least=("arrived_at",),
    ladder=STATUS,
)
PART = Merge(
    parts,
    groups=(
        Group(
            "version",
            (
                "part",
                "subject",
                "text",
                "truncated",
                "customer_id",
                *_SCORE,
                "url",
                "updated_at",
                "event_source",
                "event_id",
                "traceparent",
            ),
        ),
    ),
)


def project(event: Event[FeedbackReceived], record: Record) -> Sequence[Change]:
    """The item's row, then the part's."""
    data = event.data
    version = f"{sortable(data.updated_at)}|{event.id}"
    rates = data.score is not None or data.part is Part.RATING
    score = _score(data.score)
    item = {
        "item_id": data.item_id,
        "source_name": data.source_name,
        "status": Status.RECEIVED.value,
        "arrived_at": arrival_of(record),
        "activity_at": activity_of(event, record),
        "updated_at": data.updated_at,
        "lead_version": f"{int(data.part is Part.OPENING)}|{version}",
        "lead_part": data.part.value,
        "vendor": data.vendor,
        "channel": data.channel.value,
        "subject": data.subject,
        "text": data.text,
        "truncated": data.truncated,
        "stated_language": data.language,
        "tags": list(data.tags),
        "attributes": data.attributes,
        "url": data.url,
        "created_at": data.created_at,
        "customer_version": version if data.customer else None,
        **_customer(data.customer),
        "score_version": version if rates else None,
        **score,
    }
    part = {
        "item_id": data.item_id,
        "part_id": data.part_id,
        "version": version,
        "part": data.part.value,
        "subject": data.subject,
        "text": data.text,
        "truncated": data.truncated,
        "customer_id": data.customer.id if data.customer else None,
        **score,
        "url": data.url,
        "updated_at": data.updated_at,
        "event_source": event.source,
        "event_id": event.id,
        "traceparent": event.traceparent,
    }
    return (Change(ITEM, item), Change(PART, part))


def _customer(customer: Customer | None) -> dict[str, Any]:
    return {
        "customer_id": customer.id if customer else None,
        "customer_name": customer.name if customer else None,
        "customer_email": customer.email if customer else None,
        "organization_id": customer.organization_id if customer else None,
        "organization_name": customer.organization_name if customer else None,
        "customer_tier": customer.tier if customer else None,
    }


def _score(score: Score | None) -> dict[str, Any]:
    return {
        "score_raw": score.raw if score else None,
        "score_low": score.low if score else None,
        "score_high": score.high if score else None,
        "score_scale": score.scale if score else None,
        "score_normalised": score.normalised if score else None,
    }
