"""The inbox: items by their last activity, newest first, narrowed by what a reader chooses."""

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
from workers.archive.queries.items.inbox_filter import InboxFilter, conditions
from workers.archive.queries.keyset import Cursor, Page, read_page
from workers.archive.tables import items

__all__ = ["InboxRow", "inbox_page", "newest_item"]

_TEXT_SHOWN = 2_000
"""Characters of an item's text that a list carries."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One item of the list. ``text`` is cut at 2,000 characters."""

    item_id: str
    source_name: str
    vendor: str
    channel: str
    subject: str
    text: str
    url: str | None
    score: ScoreSeen | None
    created_at: datetime | None
    activity_at: datetime
    classified: bool
    kind: str | None
    area: str | None
    sentiment: str | None
    urgency: str | None
    language: str | None
    confidence: float | None
    matches: tuple[Evidence, ...]
    routed: bool
    team: str | None
    owner: str | None
    targets: tuple[TargetSeen, ...]
    announced: bool
    due_at: datetime | None


_COLUMNS = (
    items.c.item_id,
    items.c.source_name,
    items.c.vendor,
    items.c.channel,
    items.c.subject,
    func.substr(items.c.text, 1, _TEXT_SHOWN).label("text"),
    items.c.url,
    items.c.score_raw,
    items.c.score_low,
    items.c.score_high,
    items.c.score_scale,
    items.c.score_normalised,
    items.c.created_at,
    items.c.activity_at,
    items.c.classified_revision,
    items.c.kind,
    items.c.area,
    items.c.sentiment,
    items.c.urgency,
    items.c.language,
    items.c.stated_language,
    items.c.confidence,
    items.c.matches,
    items.c.routed_revision,
    items.c.team,
    items.c.owner,
    items.c.targets,
    items.c.announced,
    items.c.due_at,
)


def _row(row: Row[Any]) -> InboxRow:
    return InboxRow(
        item_id=row.item_id,
        source_name=row.source_name,
        vendor=row.vendor or "",
        channel=row.channel or "",
        subject=row.subject or "",
        text=row.text or "",
        url=row.url,
        score=score(row),
        created_at=row.created_at,
        activity_at=row.activity_at,
        classified=row.classified_revision is not None,
        kind=row.kind,
        area=row.area,
        sentiment=row.sentiment,
        urgency=row.urgency,
        language=row.language or row.stated_language,
        confidence=row.confidence,
        matches=evidence(row.matches),
        routed=row.routed_revision is not None,
        team=row.team,
        owner=row.owner,
        targets=targets(row.targets),
        announced=bool(row.announced),
        due_at=row.due_at,
    )


def inbox_page(
    connection: Connection,
    chosen: InboxFilter,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int = 25,
) -> Page[InboxRow]:
    """A page of the inbox."""
    return read_page(
        connection,
        select(*_COLUMNS).where(*conditions(chosen, connection.dialect)),
        at=items.c.activity_at,
        key=items.c.item_id,
        read=_row,
        cursor_of=lambda row: Cursor(row.activity_at, row.item_id),
        after=after,
        before=before,
        limit=limit,
    )


def newest_item(connection: Connection) -> Cursor | None:
    """Where the unfiltered inbox begins."""
    found = connection.execute(
        select(items.c.activity_at, items.c.item_id)
        .order_by(items.c.activity_at.desc(), items.c.item_id.desc())
        .limit(1)
    ).first()
    return Cursor(found.activity_at, found.item_id) if found else None
