"""The incremental exports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.company.model import Organisation, Person, Ticket
from connectors.sandbox.zendesk.endpoints.service import Problem, Service
from connectors.sandbox.zendesk.exports import (
    BadCursorError,
    CursorPage,
    Position,
    cursor_page,
    time_page,
)
from connectors.sandbox.zendesk.records import (
    organisation_record,
    ticket_event,
    ticket_record,
    user_record,
)

__all__ = ["Incremental"]

_SAMPLE = 50


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _start_time(request: Request, now: datetime) -> int:
    raw = request.query_params.get("start_time", "")
    try:
        start = int(raw)
    except ValueError:
        raise Problem(400, "InvalidValue", "start_time must be a Unix time in seconds") from None
    if start > int(now.timestamp()) - 60:
        raise Problem(
            422, "StartTimeTooRecent", "Too recent start_time. Use a start_time older than 1 minute"
        )
    return start


def _includes(request: Request) -> set[str]:
    return set(request.query_params.get("include", "").split(","))


class Incremental:
    """Endpoints under ``/api/v2/incremental``; for administrators."""

    def __init__(self, service: Service) -> None:
        self._service = service
        people = service.desk.company.people
        self._users: Sequence[Person] = sorted(
            (*people.customers, *people.agents), key=lambda user: (user.created_at, user.id)
        )
        self._organisations: Sequence[Organisation] = sorted(
            people.organisations, key=lambda each: (each.created_at, each.id)
        )

    async def tickets_by_cursor(self, request: Request) -> Response:
        """``/incremental/tickets/cursor``: the export to use."""
        return await self._service.answer(request, self._tickets_by_cursor, export=True)

    async def tickets_by_time(self, request: Request) -> Response:
        """``/incremental/tickets``: the older export."""
        return await self._service.answer(request, self._tickets_by_time, export=True)

    async def sample(self, request: Request) -> Response:
        """``/incremental/tickets/sample``: at most 50 records."""
        return await self._service.answer(request, self._sample, export=True)

    async def ticket_events(self, request: Request) -> Response:
        """``/incremental/ticket_events``: every update, with comments if asked for."""
        return await self._service.answer(request, self._ticket_events, export=True)

    async def users_by_cursor(self, request: Request) -> Response:
        """``/incremental/users/cursor``."""
        return await self._service.answer(request, self._users_by_cursor, export=True)

    async def users_by_time(self, request: Request) -> Response:
        """``/incremental/users``."""
        return await self._service.answer(request, self._users_by_time, export=True)

    async def organisations(self, request: Request) -> Response:
        """``/incremental/organizations``."""
        return await self._service.answer(request, self._organisations_by_time, export=True)

    def _size(self, request: Request) -> int:
        raw = request.query_params.get("per_page", "")
        most = self._service.options.page_size
        return max(1, min(int(raw), most)) if raw.isdigit() else most

    def _position(self, request: Request) -> Position:
        """Where to go on: the cursor, or on the first call the start time (inclusive)."""
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return Position(_start_time(request, self._service.clock()) - 1, 2**62)
        try:
            return Position.decode(cursor)
        except BadCursorError as error:
            raise Problem(400, "InvalidCursor", str(error)) from error

    def _visible_tickets(self) -> list[Ticket]:
        until = self._service.visible_until()
        return [t for t in self._service.desk.tickets if t.generated_at <= until]

    def _tickets_by_cursor(self, request: Request) -> Mapping[str, Any]:
        company = self._service.desk.company
        page = cursor_page(
            self._visible_tickets(),
            self._position(request),
            size=self._size(request),
            key=lambda t: (int(t.generated_at.timestamp()), t.id),
            twice=company.repeated,
            gaps=company.gaps,
        )
        return self._ticket_records(request, page.records) | self._cursors(request, page)

    def _ticket_records(self, request: Request, tickets: Sequence[Ticket]) -> dict[str, Any]:
        base, tally = _base(request), self._service.tally
        body: dict[str, Any] = {"tickets": [ticket_record(ticket, base) for ticket in tickets]}
        for record in body["tickets"]:
            tally.served("ticket", record["id"], record["generated_timestamp"])
        includes = _includes(request)
        people = self._service.desk.company.people
        if "users" in includes:
            wanted = {t.requester_id for t in tickets} | {t.assignee_id for t in tickets}
            body["users"] = [user_record(u, base) for u in self._users if u.id in wanted]
        if "organizations" in includes:
            wanted_firms = {t.organisation_id for t in tickets}
            body["organizations"] = [
                organisation_record(o, base) for o in people.organisations if o.id in wanted_firms
            ]
        return body

    @staticmethod
    def _cursors(request: Request, page: CursorPage[Any]) -> dict[str, Any]:
        after = page.after.encode() if page.after else None
        url = f"{_base(request)}{request.url.path}"
        return {
            "after_cursor": after,
            "after_url": f"{url}?cursor={after}" if after else None,
            "before_cursor": None,
            "before_url": None,
            "end_of_stream": page.end,
        }

    def _tickets_by_time(self, request: Request) -> Mapping[str, Any]:
        start = _start_time(request, self._service.clock())
        page = time_page(
            self._visible_tickets(), start, size=self._size(request), at=lambda t: t.generated_at
        )
        records = self._ticket_records(request, page.records)
        return records | self._next(request, len(page.records), page.end_time, end=page.end)

    def _sample(self, request: Request) -> Mapping[str, Any]:
        start = _start_time(request, self._service.clock())
        page = time_page(self._visible_tickets(), start, size=_SAMPLE, at=lambda t: t.generated_at)
        records = self._ticket_records(request, page.records[:_SAMPLE])
        return records | self._next(request, len(records["tickets"]), page.end_time, end=page.end)

    def _ticket_events(self, request: Request) -> Mapping[str, Any]:
        start = _start_time(request, self._service.clock())
        until = self._service.visible_until()
        audits = [audit for audit in self._service.desk.audits if audit.at <= until]
        page = time_page(audits, start, size=self._size(request), at=lambda audit: audit.at)
        with_comments = "comment_events" in _includes(request)
        for audit in page.records:
            self._service.tally.served("ticket_event", audit.id, audit.id)
        return {
            "ticket_events": [ticket_event(a, with_comments=with_comments) for a in page.records]
        } | self._next(request, len(page.records), page.end_time, end=page.end)

    def _users_by_cursor(self, request: Request) -> Mapping[str, Any]:
        page = cursor_page(
            self._users,
            self._position(request),
            size=self._size(request),
            key=lambda user: (int(user.created_at.timestamp()), user.id),
        )
        records = [user_record(user, _base(request)) for user in page.records]
        return {"users": records} | self._cursors(request, page)

    def _users_by_time(self, request: Request) -> Mapping[str, Any]:
        start = _start_time(request, self._service.clock())
        page = time_page(
            self._users, start, size=self._size(request), at=lambda user: user.created_at
        )
        records = [user_record(user, _base(request)) for user in page.records]
        return {"users": records} | self._next(request, len(records), page.end_time, end=page.end)

    def _organisations_by_time(self, request: Request) -> Mapping[str, Any]:
        start = _start_time(request, self._service.clock())
        page = time_page(
            self._organisations, start, size=self._size(request), at=lambda each: each.created_at
        )
        records = [organisation_record(each, _base(request)) for each in page.records]
        return {"organizations": records} | self._next(
            request, len(records), page.end_time, end=page.end
        )

    @staticmethod
    def _next(request: Request, count: int, end_time: int, *, end: bool) -> dict[str, Any]:
        url = request.url.include_query_params(start_time=end_time)
        return {
            "count": count,
            "end_of_stream": end,
            "end_time": end_time,
            "next_page": str(url),
        }
