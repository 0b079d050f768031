"""One item with everything known about it: its parts, its labels, its route, its messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from workers.archive.queries.items.evidence import (
    Evidence,
    ScoreSeen,
    TargetSeen,
    evidence,
    score,
    targets,
)
from workers.archive.queries.messages import MessageSeen, messages_about
from workers.archive.tables import items, parts

__all__ = ["ItemSeen", "PartSeen", "item", "part_text"]

MAX_PARTS = 50
"""Parts shown of one item; the first ones, since they say what it is about."""
MAX_PART_TEXT = 20_000
"""Characters of a part that the detail carries; ``part_text`` gives the whole."""


@dataclass(frozen=True, slots=True)
class PartSeen:
    """One part. ``text`` is cut at 20,000 characters, ``length`` says how many there are."""

    item_id: str
    part_id: str
    part: str
    subject: str
    text: str
    length: int
    truncated: bool
    """Whether the connector had to cut the text already."""
    score: ScoreSeen | None
    url: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """An item in full."""

    item_id: str
    source_name: str
    vendor: str
    channel: str
    subject: str
    text: str
    """Beginning of the opening text; the parts hold the words."""
    url: str | None
    tags: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    score: ScoreSeen | None
    customer_id: str | None
    customer_name: str | None
    customer_email: str | None
    organization_name: str | None
    customer_tier: str | None
    arrived_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    activity_at: datetime
    classified: bool
    classified_revision: int | None
    classified_at: datetime | None
    kind: str | None
    area: str | None
    themes: tuple[str, ...]
    sentiment: str | None
    urgency: str | None
    language: str | None
    confidence: float | None
    matches: tuple[Evidence, ...]
    model_version: str
    routed: bool
    routed_revision: int | None
    routed_on_revision: int | None
    routed_at: datetime | None
    team: str | None
    owner: str | None
    targets: tuple[TargetSeen, ...]
    announced: bool
    due_at: datetime | None
    parts: tuple[PartSeen, ...]
    parts_left_out: int
    messages: tuple[MessageSeen, ...]


def _part(row: Row[Any]) -> PartSeen:
    return PartSeen(
        item_id=row.item_id,
        part_id=row.part_id,
        part=row.part,
        subject=row.subject,
        text=row.shown,
        length=row.length,
        truncated=row.truncated,
        score=score(row),
        url=row.url,
        updated_at=row.updated_at,
    )


def _parts(connection: Connection, item_id: str) -> tuple[tuple[PartSeen, ...], int]:
    total = connection.execute(
        select(func.count()).select_from(parts).where(parts.c.item_id == item_id)
    ).scalar_one()
    rows = connection.execute(
        select(
            *(column for column in parts.c if column.name != "text"),
            func.substr(parts.c.text, 1, MAX_PART_TEXT).label("shown"),
            func.length(parts.c.text).label("length"),
        )
        .where(parts.c.item_id == item_id)
        # the opening first, although an edit may have made it the newest
        .order_by(parts.c.part != "opening", parts.c.updated_at, parts.c.part_id)
        .limit(MAX_PARTS)
    )
    shown = tuple(_part(row) for row in rows)
    return shown, total - len(shown)


def item(connection: Connection, item_id: str) -> ItemSeen | None:
    """The item of this id, if the archive knows it."""
    row = connection.execute(select(items).where(items.c.item_id == item_id)).first()
    if row is None:
        return None
    seen, left_out = _parts(connection, item_id)
    return ItemSeen(
        item_id=row.item_id,
        source_name=row.source_name,
        vendor=row.vendor or "",
        channel=row.channel or "",
        subject=row.subject or "",
        text=(row.text or "")[:MAX_PART_TEXT],
        url=row.url,
        tags=tuple(row.tags or ()),
        attributes=tuple(sorted((row.attributes or {}).items())),
        score=score(row),
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        customer_email=row.customer_email,
        organization_name=row.organization_name,
        customer_tier=row.customer_tier,
        arrived_at=row.arrived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        activity_at=row.activity_at,
        classified=row.classified_revision is not None,
        classified_revision=row.classified_revision,
        classified_at=row.classified_at,
        kind=row.kind,
        area=row.area,
        themes=tuple(row.themes or ()),
        sentiment=row.sentiment,
        urgency=row.urgency,
        language=row.language or row.stated_language,
        confidence=row.confidence,
        matches=evidence(row.matches),
        model_version=row.model_version or "",
        routed=row.routed_revision is not None,
        routed_revision=row.routed_revision,
        routed_on_revision=row.routed_on_revision,
        routed_at=row.routed_at,
        team=row.team,
        owner=row.owner,
        targets=targets(row.targets),
        announced=bool(row.announced),
        due_at=row.due_at,
        parts=seen,
        parts_left_out=left_out,
        messages=messages_about(connection, item_id),
    )


def part_text(connection: Connection, item_id: str, part_id: str) -> str | None:
    """The complete text of a part, if there is such a part."""
    return connection.execute(
        select(parts.c.text).where(parts.c.item_id == item_id, parts.c.part_id == part_id)
    ).scalar_one_or_none()
