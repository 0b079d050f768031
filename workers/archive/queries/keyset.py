"""Pages by key: where a page ends, the next begins, whatever arrives in between.

A page is cut by the sort key of its last row, not by a count, so rows that arrive while
somebody reads shift nothing: no row is shown twice, and none that stays as it is is left out.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, String, literal, tuple_

from workers.archive.columns import Moment

__all__ = ["Cursor", "CursorError", "Page", "read_page"]

R = TypeVar("R")

_MAX = 4_096


class CursorError(ValueError):
    """The text is no cursor of ours."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The sort key of a row: its moment, and its id among rows of the same moment."""

    at: datetime
    id: str

    def encode(self) -> str:
        """As text that can stand in an address."""
        key = f"{self.at.astimezone(UTC).isoformat()} {self.id}"
        return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor again; raises ``CursorError``."""
        try:
            if len(text) > _MAX or not text.isascii():
                raise CursorError("it is too long or not of our alphabet")
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            moment, _, key = raw.decode().partition(" ")
            at = datetime.fromisoformat(moment)
            if at.tzinfo is None or not key or "\x00" in key:
                raise CursorError("it lacks a part")
            return cls(at.astimezone(UTC), key)
        except (binascii.Error, UnicodeDecodeError, ValueError, OverflowError) as error:
            raise CursorError("this is no cursor: take it from older or newer of a page") from error


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows, newest first, and where to go on in either direction."""

    rows: tuple[R, ...]
    older: str | None = None
    """Cursor after the last row, where there are older ones."""
    newer: str | None = None
    """Cursor before the first row, where there may be newer ones."""


def read_page(
    connection: Connection,
    select: Select[Any],
    *,
    at: ColumnElement[datetime],
    key: ColumnElement[str],
    read: Callable[[Row[Any]], R],
    cursor_of: Callable[[R], Cursor],
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int,
) -> Page[R]:
    """The rows of ``select`` older than ``after``, or newer than ``before``, or the newest."""
    place = tuple_(at, key)
    bound = after or before
    mark = tuple_(literal(bound.at, Moment), literal(bound.id, String)) if bound else None
    if after is not None:
        select = select.where(place < mark)
    elif before is not None:
        select = select.where(place > mark)
    order = (at.asc(), key.asc()) if before is not None else (at.desc(), key.desc())
    found: Sequence[Row[Any]] = connection.execute(
        select.order_by(*order).limit(limit + 1)
    ).fetchall()
    more = len(found) > limit
    rows = tuple(read(row) for row in found[:limit])
    if before is not None and after is None:
        rows = rows[::-1]
    if not rows:
        return Page(())
    backwards = before is not None and after is None
    older, newer = (True, more) if backwards else (more, after is not None)
    return Page(
        rows,
        cursor_of(rows[-1]).encode() if older else None,
        cursor_of(rows[0]).encode() if newer else None,
    )
