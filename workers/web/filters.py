"""Filters in the address of a page: read strictly, written back the same."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from schemas.feedback import Kind, Urgency
from workers.archive.queries import URGENT, Cursor, CursorError, InboxFilter, State

__all__ = ["SINCE", "BadQueryError", "InboxQuery", "cursors"]

SINCE = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
"""Spans a filter offers, in days."""
_MAX = 256


class BadQueryError(ValueError):
    """The address asks for something that does not exist. The message names what does."""


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """The filters of the inbox as they stand in the address; empty means any."""

    q: str = ""
    team: str = ""
    owner: str = ""
    kind: str = ""
    area: str = ""
    urgency: str = ""
    source: str = ""
    language: str = ""
    since: str = ""
    """``24h``, ``7d``, ``30d``, ``90d`` or a date such as ``2026-01-31``."""
    state: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "InboxQuery":
        """From the parameters of a request; raises ``BadQueryError``."""
        values: dict[str, str] = {}
        for field in fields(cls):
            value = given.get(field.name, "").strip()
            if len(value) > _MAX or "\x00" in value:
                raise BadQueryError(f"{field.name} is longer than {_MAX} characters or not text")
            values[field.name] = value
        query = cls(**values)
        _one_of("kind", query.kind, tuple(kind.value for kind in Kind))
        _one_of("urgency", query.urgency, (URGENT, *(urgency.value for urgency in Urgency)))
        _one_of("state", query.state, tuple(state.value for state in State))
        if query.since and query.since not in SINCE:
            _date(query.since)
        return query

    def chosen(self) -> dict[str, str]:
        """What is set, in the order of the fields."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def address(self, path: str = "/", **further: str) -> str:
        """The address of the page with these filters and further parameters."""
        parameters = {**self.chosen(), **further}
        return f"{path}?{urlencode(parameters)}" if parameters else path

    def without(self, name: str) -> str:
        """The address without one of the filters."""
        rest = {key: value for key, value in self.chosen().items() if key != name}
        return f"/?{urlencode(rest)}" if rest else "/"

    def narrow(self, now: datetime) -> InboxFilter:
        """What the archive is asked."""
        since = None
        if self.since:
            days = SINCE.get(self.since)
            since = now - timedelta(days=days) if days else _date(self.since)
        return InboxFilter(
            text=self.q,
            team=self.team or None,
            owner=self.owner or None,
            kind=self.kind or None,
            area=self.area or None,
            urgency=self.urgency or None,
            source=self.source or None,
            language=self.language or None,
            since=since,
            state=State(self.state) if self.state else None,
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value and value not in allowed:
        raise BadQueryError(f"{name} can be {', '.join(allowed)}")


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise BadQueryError(
            f"since can be {', '.join(SINCE)} or a date such as 2026-01-31"
        ) from None


def cursors(given: Mapping[str, str]) -> tuple[Cursor | None, Cursor | None]:
    """``after`` and ``before`` of the address; raises ``BadQueryError``."""
    try:
        after, before = (
            Cursor.decode(given[name]) if given.get(name) else None for name in ("after", "before")
        )
    except CursorError as error:
        raise BadQueryError(f"after or before: {error}") from None
    if after and before:
        raise BadQueryError("after and before exclude one another")
    return after, before
