"""Messages: what people were told, and what never reached them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from workers.archive.queries.keyset import Cursor, Page, read_page
from workers.archive.tables import messages

__all__ = ["PENDING", "MessageSeen", "message_page", "messages_about"]

PENDING = "pending"
"""Outcome of a message that is still under way."""
_MAX_ABOUT = 100


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """One message for one receiver and how it ended: ``pending`` while it has not."""

    message_id: str
    receiver: str
    about: str
    """Id of the item it is about."""
    title: str
    mention: str | None
    requested_at: datetime | None
    """None where the archive knows only how it ended."""
    settled_at: datetime | None
    outcome: str
    reason: str
    attempts: int
    repeated: bool
    reference: str | None
    at: datetime
    """What the list is sorted by: when it was requested, or else settled."""


# A message whose request the archive has not read yet still has a place in the list.
_AT = func.coalesce(messages.c.requested_at, messages.c.settled_at)
_COLUMNS = (
    messages.c.message_id,
    messages.c.receiver,
    messages.c.about,
    messages.c.title,
    messages.c.mention,
    messages.c.requested_at,
    messages.c.settled_at,
    messages.c.outcome,
    messages.c.reason,
    messages.c.attempts,
    messages.c.repeated,
    messages.c.reference,
    _AT.label("at"),
)


def _row(row: Row[Any]) -> MessageSeen:
    return MessageSeen(
        message_id=row.message_id,
        receiver=row.receiver,
        about=row.about,
        title=row.title or row.about,
        mention=row.mention,
        requested_at=row.requested_at,
        settled_at=row.settled_at,
        outcome=row.outcome or PENDING,
        reason=row.reason or "",
        attempts=row.attempts or 0,
        repeated=bool(row.repeated),
        reference=row.reference,
        at=row.at,
    )


def message_page(
    connection: Connection,
    outcome: str | None = None,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int = 50,
) -> Page[MessageSeen]:
    """A page of messages, newest first; all, or those that ended in one way."""
    query = select(*_COLUMNS)
    if outcome == PENDING:
        query = query.where(messages.c.outcome.is_(None))
    elif outcome:
        query = query.where(messages.c.outcome == outcome)
    # Two lists, each along an index: one would have to sort the whole table by an expression.
    requested, settled_only = (
        read_page(
            connection,
            query.where(condition),
            at=column,
            key=messages.c.message_id,
            read=_row,
            cursor_of=_cursor,
            after=after,
            before=before,
            limit=limit,
        )
        for column, condition in (
            (messages.c.requested_at, messages.c.requested_at.is_not(None)),
            (messages.c.settled_at, messages.c.requested_at.is_(None)),
        )
    )
    return _merged(requested, settled_only, towards_newer=before is not None, limit=limit)


def _cursor(row: MessageSeen) -> Cursor:
    return Cursor(row.at, row.message_id)


def _merged(
    one: Page[MessageSeen], other: Page[MessageSeen], *, towards_newer: bool, limit: int
) -> Page[MessageSeen]:
    rows = sorted((*one.rows, *other.rows), key=lambda row: (row.at, row.message_id), reverse=True)
    kept = rows[-limit:] if towards_newer else rows[:limit]
    cut = len(kept) < len(rows)
    older = bool(one.older or other.older) or (cut and not towards_newer)
    newer = bool(one.newer or other.newer) or (cut and towards_newer)
    return Page(
        tuple(kept),
        _cursor(kept[-1]).encode() if kept and older else None,
        _cursor(kept[0]).encode() if kept and newer else None,
    )


def messages_about(connection: Connection, item_id: str) -> tuple[MessageSeen, ...]:
    """The messages about an item, oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(messages.c.about == item_id)
        .order_by(_AT, messages.c.message_id)
        .limit(_MAX_ABOUT)
    )
    return tuple(_row(row) for row in rows)
