"""How an item's labels and its route are told: the data of the events about it. Pure."""

from datetime import datetime

from schemas.feedback import FeedbackClassified, FeedbackRouted
from workers.feedback.classification.labels import Labels
from workers.feedback.item.rows import ItemRow
from workers.feedback.routing.decision import Decision

__all__ = ["classification", "route"]


def classification(
    item_id: str, source_name: str, row: ItemRow, labels: Labels, *, model_version: str
) -> FeedbackClassified:
    """What the item of ``row`` is; its revision is the row's."""
    customer = next((one.customer_id for one in row.parts if one.customer_id), None)
    return FeedbackClassified(
        item_id=item_id,
        source_name=source_name,
        customer_id=customer,
        revision=row.classified,
        language=labels.language,
        kind=labels.kind,
        area=labels.area,
        themes=labels.themes,
        sentiment=labels.sentiment,
        urgency=labels.urgency,
        confidence=labels.confidence,
        matches=labels.matches,
        model_version=model_version,
    )


def route(
    item_id: str,
    source_name: str,
    row: ItemRow,
    decision: Decision,
    *,
    since: datetime,
    announced: bool,
) -> FeedbackRouted:
    """Where the item of ``row`` goes; its revision is the row's, its deadline counts ``since``."""
    return FeedbackRouted(
        item_id=item_id,
        source_name=source_name,
        revision=row.routed,
        team=decision.team,
        owner=decision.owner,
        targets=decision.targets,
        announced=announced,
        classified_revision=row.classified,
        due_at=None if decision.due_in is None else since + decision.due_in,
    )
