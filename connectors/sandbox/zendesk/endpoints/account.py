"""Single records and lists that are no export: users, organisations, tickets, ratings."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.company.model import Rating, Ticket
from connectors.sandbox.zendesk.endpoints.service import Problem, Service
from connectors.sandbox.zendesk.exports import BadCursorError, Position
from connectors.sandbox.zendesk.gate import caller
from connectors.sandbox.zendesk.records import (
    organisation_record,
    rating_record,
    ticket_record,
    user_record,
)

__all__ = ["Account"]

_MANY = 100
_DEFAULT_SIZE = 100
_SCORES = {
    "offered": ("offered",),
    "unoffered": ("unoffered",),
    "received": ("good", "bad"),
    "good": ("good",),
    "bad": ("bad",),
}


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _whole(request: Request, name: str, default: int) -> int:
    raw = request.query_params.get(name, "")
    if raw and not raw.isdigit():
        raise Problem(400, "InvalidValue", f"{name} must be a whole number")
    return int(raw) if raw else default


class Account:
    """Endpoints outside ``/incremental``."""

    def __init__(self, service: Service) -> None:
        self._service = service
        people = service.desk.company.people
        self._users = {user.id: user for user in (*people.customers, *people.agents)}
        self._organisations = {each.id: each for each in people.organisations}

    async def me(self, request: Request) -> Response:
        """``/users/me``: who the credentials belong to."""
        return await self._service.answer(request, self._me, export=False)

    async def users(self, request: Request) -> Response:
        """``/users/show_many?ids=1,2``: at most 100."""
        return await self._service.answer(request, self._show_users, export=False)

    async def organisations(self, request: Request) -> Response:
        """``/organizations/show_many?ids=1,2``: at most 100."""
        return await self._service.answer(request, self._show_organisations, export=False)

    async def tickets(self, request: Request) -> Response:
        """``/tickets/show_many?ids=1,2``: at most 100."""
        return await self._service.answer(request, self._show_tickets, export=False)

    async def ticket(self, request: Request) -> Response:
        """``/tickets/{id}``."""
        return await self._service.answer(request, self._show_ticket, export=False)

    async def comments(self, request: Request) -> Response:
        """``/tickets/{id}/comments``."""
        return await self._service.answer(request, self._show_comments, export=False)

    async def ratings(self, request: Request) -> Response:
        """``/satisfaction_ratings``: the legacy CSAT list."""
        return await self._service.answer(request, self._list_ratings, export=False)

    def _me(self, request: Request) -> Mapping[str, Any]:
        email = caller(request, self._service.options)
        user = next(each for each in self._users.values() if each.email == email)
        return {"user": user_record(user, _base(request))}

    @staticmethod
    def _ids(request: Request) -> list[int]:
        ids = [part for part in request.query_params.get("ids", "").split(",") if part.strip()]
        if len(ids) > _MANY:
            raise Problem(400, "TooManyIds", f"at most {_MANY} ids a call")
        if not all(part.strip().isdigit() for part in ids):
            raise Problem(400, "InvalidValue", "ids must be whole numbers")
        return [int(part) for part in ids]

    def _show_users(self, request: Request) -> Mapping[str, Any]:
        found = [self._users[each] for each in self._ids(request) if each in self._users]
        return {
            "users": [user_record(user, _base(request)) for user in found],
            "count": len(found),
            "next_page": None,
            "previous_page": None,
        }

    def _show_organisations(self, request: Request) -> Mapping[str, Any]:
        found = [
            self._organisations[each] for each in self._ids(request) if each in self._organisations
        ]
        return {
            "organizations": [organisation_record(each, _base(request)) for each in found],
            "count": len(found),
            "next_page": None,
            "previous_page": None,
        }

    def _show_tickets(self, request: Request) -> Mapping[str, Any]:
        self._service.visible_until()
        asked = (self._service.desk.ticket(each) for each in self._ids(request))
        found = [ticket for ticket in asked if ticket is not None]
        return {
            "tickets": [ticket_record(ticket, _base(request)) for ticket in found],
            "count": len(found),
            "next_page": None,
            "previous_page": None,
        }

    def _found(self, request: Request) -> Ticket:
        self._service.visible_until()
        ticket = self._service.desk.ticket(int(request.path_params["id"]))
        if ticket is None:
            raise Problem(404, "RecordNotFound", "Not found")
        return ticket

    def _show_ticket(self, request: Request) -> Mapping[str, Any]:
        return {"ticket": ticket_record(self._found(request), _base(request))}

    def _show_comments(self, request: Request) -> Mapping[str, Any]:
        ticket = self._found(request)
        comments = [
            {
                "id": comment.id,
                "type": "Comment",
                "author_id": comment.author_id,
                "body": comment.body,
                "plain_body": comment.body,
                "public": comment.public,
                "attachments": [],
                "audit_id": comment.audit_id,
                "created_at": comment.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for comment in ticket.comments
        ]
        return {"comments": comments, "count": len(comments), "next_page": None}

    def _list_ratings(self, request: Request) -> Mapping[str, Any]:
        until = self._service.visible_until()
        wanted = self._wanted(request)
        ratings = [r for r in self._service.desk.ratings if r.at <= until and wanted(r)]
        if "page" in request.query_params or "per_page" in request.query_params:
            return self._by_offset(request, ratings)
        return self._by_cursor(request, ratings)

    @staticmethod
    def _wanted(request: Request) -> "_Filter":
        score = request.query_params.get("score", "")
        stem, _, words = score.partition("_with")
        if score and stem not in _SCORES:
            raise Problem(400, "InvalidValue", f"score {score!r} is unknown")
        return _Filter(
            scores=_SCORES[stem] if score else None,
            with_words=None if not words else words == "_comment",
            start=_whole(request, "start_time", 0),
            end=_whole(request, "end_time", 2**40),
        )

    def _records(self, request: Request, ratings: Sequence[Rating]) -> list[dict[str, Any]]:
        records = []
        for rating in ratings:
            ticket = self._service.desk.ticket(rating.ticket_id)
            if ticket is not None:
                self._service.tally.served("rating", rating.id, int(rating.at.timestamp()))
                records.append(rating_record(rating, ticket, _base(request)))
        return records

    def _by_cursor(self, request: Request, ratings: Sequence[Rating]) -> Mapping[str, Any]:
        size = min(_whole(request, "page[size]", _DEFAULT_SIZE), _DEFAULT_SIZE)
        after = Position(0, 0)
        if cursor := request.query_params.get("page[after]"):
            try:
                after = Position.decode(cursor)
            except BadCursorError as error:
                raise Problem(400, "InvalidCursor", str(error)) from error
        left = [r for r in ratings if (int(r.at.timestamp()), r.id) > (after.seconds, after.id)]
        page = left[:size]
        more = len(left) > len(page)
        last = Position(int(page[-1].at.timestamp()), page[-1].id).encode() if page else None
        url = request.url.include_query_params(**{"page[after]": last, "page[size]": size})
        return {
            "satisfaction_ratings": self._records(request, page),
            "meta": {"has_more": more, "after_cursor": last, "before_cursor": None},
            "links": {"next": str(url) if more else None, "prev": None},
        }

    def _by_offset(self, request: Request, ratings: Sequence[Rating]) -> Mapping[str, Any]:
        size = min(_whole(request, "per_page", _DEFAULT_SIZE), _DEFAULT_SIZE)
        number = max(1, _whole(request, "page", 1))
        page = ratings[(number - 1) * size : number * size]
        more = number * size < len(ratings)
        url = request.url.include_query_params(page=number + 1)
        return {
            "satisfaction_ratings": self._records(request, page),
            "count": len(ratings),
            "next_page": str(url) if more else None,
            "previous_page": None,
        }


class _Filter:
    """Which ratings a call asks for."""

    def __init__(
        self, *, scores: tuple[str, ...] | None, with_words: bool | None, start: int, end: int
    ) -> None:
        self._scores = scores
        self._with_words = with_words
        self._start = start
        self._end = end

    def __call__(self, rating: Rating) -> bool:
        return (
            (self._scores is None or rating.score in self._scores)
            and (self._with_words is None or bool(rating.comment) == self._with_words)
            and self._start <= int(rating.at.timestamp()) <= self._end
        )
