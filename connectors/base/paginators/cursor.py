"""Paging by a cursor that each answer hands out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base.errors import TransientError

__all__ = ["CursorPages", "dig"]


def dig(body: Any, path: Sequence[str]) -> Any:
    """The value at ``path``, ``None`` where there is none."""
    for name in path:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


@dataclass(frozen=True, slots=True)
class CursorPages:
    """Where the cursor and the end stand in an answer.

    An empty page is not the end. A cursor that does not move is: asking again would bring the
    same page for ever.
    """

    cursor: tuple[str, ...]
    """Path of the next cursor: ``("meta", "after_cursor")``."""
    more: tuple[str, ...] = ()
    """Path of a flag that is true while there is more."""
    end: tuple[str, ...] = ()
    """Path of a flag that is true at the end."""

    def following(self, body: Any, current: str | None) -> tuple[str | None, bool]:
        """The cursor to keep, and whether this page was the last for now.

        At the end the vendor's last cursor is kept where it gives one, so that the next pull
        goes on from there. Raises ``TransientError`` for a page that is neither the end nor
        names a cursor.
        """
        cursor = dig(body, self.cursor)
        if cursor is not None and not isinstance(cursor, str):
            cursor = str(cursor)
        if self._ended(body, cursor):
            return cursor or current, True
        if not cursor:
            raise TransientError("the answer is not the last page, yet names no next one")
        return cursor, cursor == current

    def _ended(self, body: Any, cursor: str | None) -> bool:
        if self.end:
            return dig(body, self.end) is True
        if self.more:
            return dig(body, self.more) is not True
        return not cursor
