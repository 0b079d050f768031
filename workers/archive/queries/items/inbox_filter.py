"""What to show of the inbox, and the SQL conditions that say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Dialect, and_, exists, or_

from workers.archive.tables import items, parts

__all__ = ["NOBODY", "URGENT", "InboxFilter", "State", "conditions"]

NOBODY = "-"
"""As value of ``team``, ``owner`` or ``area``: items that have none. No id looks like this."""
URGENT = "urgent"
"""As value of ``urgency``: high or critical."""
_MAX_WORDS = 8


class State(StrEnum):
    """How far an item has come."""

    ANNOUNCED = "announced"
    """Routed, and people are told."""
    HISTORY = "history"
    """Routed, and nobody is told: from before the system went live."""
    UNROUTED = "unrouted"
    """Not routed yet."""


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What to show; every field narrows, an empty filter shows everything."""

    text: str = ""
    """Words that must all occur in the item's subject, text or comments; or an item's id."""
    team: str | None = None
    owner: str | None = None
    kind: str | None = None
    area: str | None = None
    urgency: str | None = None
    source: str | None = None
    language: str | None = None
    since: datetime | None = None
    """Last activity at or after this moment."""
    state: State | None = None


def _named(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    return column.is_(None) if value == NOBODY else column == value


def _holds(column: ColumnElement[str], word: str, dialect: Dialect) -> ColumnElement[bool]:
    """Whether a text holds a word, in either case; wild-cards mean themselves."""
    if dialect.name == "sqlite":
        # LIKE folds the case of ASCII letters there; folding whole texts first is slow.
        return column.contains(word, autoescape=True)
    return column.icontains(word, autoescape=True)


def _says(word: str, dialect: Dialect) -> ColumnElement[bool]:
    # Beyond ASCII, SQLite knows no cases: such words are looked for in each of them.
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    ordered = sorted(spellings)
    said = exists().where(
        parts.c.item_id == items.c.item_id,
        or_(*(_holds(parts.c.text, spelling, dialect) for spelling in ordered)),
    )
    # An item's own text stands among its parts.
    return or_(*(_holds(items.c.subject, spelling, dialect) for spelling in ordered), said)


def _of_columns(chosen: InboxFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (items.c.team, chosen.team),
        (items.c.owner, chosen.owner),
        (items.c.area, chosen.area),
        (items.c.kind, chosen.kind),
        (items.c.source_name, chosen.source),
        (items.c.language, chosen.language),
    ):
        if value:
            yield _named(column, value)
    if NOBODY in {chosen.owner, chosen.team}:
        yield items.c.routed_revision.is_not(None)
    if chosen.urgency == URGENT:
        yield items.c.urgency.in_(("high", "critical"))
    elif chosen.urgency:
        yield items.c.urgency == chosen.urgency


def _of_state(state: State) -> ColumnElement[bool]:
    match state:
        case State.ANNOUNCED:
            return items.c.announced.is_(True)
        case State.HISTORY:
            return items.c.announced.is_(False)
        case State.UNROUTED:
            return items.c.status.in_(("received", "classified"))


def conditions(chosen: InboxFilter, dialect: Dialect) -> list[ColumnElement[bool]]:
    """All of these hold for the items to show."""
    found = list(_of_columns(chosen))
    if chosen.since is not None:
        found.append(items.c.activity_at >= chosen.since)
    if chosen.state is not None:
        found.append(_of_state(chosen.state))
    words = chosen.text.split()[:_MAX_WORDS]
    if words:
        said = and_(*(_says(word, dialect) for word in words))
        found.append(or_(items.c.item_id == chosen.text.strip(), said))
    return found
