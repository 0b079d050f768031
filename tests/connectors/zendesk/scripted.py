"""A Zendesk account in memory, small enough to know by heart.

Shapes follow the vendor's documentation: incremental export by cursor, ticket events with the
``comment_events`` sideload, satisfaction ratings by cursor, ``show_many``.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.connectors.surroundings import NOW

START = NOW - timedelta(days=10)
CUSTOMER, OTHER, AGENT = 501, 502, 601
CUSTOMERS_WORDS = "I was charged twice, says Erika Mustermann"


def stamp(moment: datetime) -> str:
    """As Zendesk writes times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number: int, **changes: Any) -> dict[str, Any]:
    """Ticket ``number``, made ``number`` hours after the start and changed half an hour later."""
    made = START + timedelta(hours=number)
    changed = made + timedelta(minutes=30)
    return {
        "id": number,
        "subject": f"Subject {number}",
        "description": f"{CUSTOMERS_WORDS} ({number})",
        "status": "open",
        "priority": "high",
        "type": "problem",
        "tags": ["billing"],
        "requester_id": CUSTOMER,
        "organization_id": 701,
        "brand_id": 801,
        "ticket_form_id": 47,
        "is_public": True,
        "via": {"channel": "web"},
        "custom_fields": [{"id": 27642, "value": "gold"}],
        "satisfaction_rating": {"score": "unoffered"},
        "created_at": stamp(made),
        "updated_at": stamp(changed),
        "generated_timestamp": int(changed.timestamp()),
        **changes,
    }


def comment(number: int, author: int, **changes: Any) -> dict[str, Any]:
    """A child event with a comment."""
    return {
        "id": number,
        "type": "Comment",
        "event_type": "Comment",
        "author_id": author,
        "body": f"More about it ({number})",
        "public": True,
        "attachments": [],
        "created_at": stamp(START + timedelta(hours=20, minutes=number)),
        **changes,
    }


def ticket_event(number: int, ticket_id: int, *children: dict[str, Any]) -> dict[str, Any]:
    """An update of a ticket, ``number`` minutes after the twentieth hour."""
    at = START + timedelta(hours=20, minutes=number)
    return {
        "id": number,
        "ticket_id": ticket_id,
        "timestamp": int(at.timestamp()),
        "created_at": stamp(at),
        "updater_id": CUSTOMER,
        "via": "Web form",
        "system": {},
        "metadata": {},
        "event_type": "Audit",
        "child_events": list(children),
    }


def rating(number: int, ticket_id: int, score: str, **changes: Any) -> dict[str, Any]:
    """A satisfaction rating."""
    at = stamp(START + timedelta(hours=30, minutes=number))
    return {
        "id": number,
        "ticket_id": ticket_id,
        "requester_id": CUSTOMER,
        "score": score,
        "comment": "Quick answer" if score == "good" else None,
        "reason": "No reason provided",
        "created_at": at,
        "updated_at": at,
        **changes,
    }


@dataclass
class ScriptedZendesk:
    """The account. Change its lists to change what it answers; ``calls`` keeps what was asked."""

    page: int = 2
    tickets: list[dict[str, Any]] = field(default_factory=lambda: [ticket(n) for n in range(1, 6)])
    events: list[dict[str, Any]] = field(
        default_factory=lambda: [
            ticket_event(
                1, 1, {"event_type": "Create", "subject": "Subject 1"}, comment(101, CUSTOMER)
            ),
            ticket_event(2, 1, comment(102, AGENT)),
            ticket_event(3, 1, comment(103, CUSTOMER)),
            ticket_event(4, 2, comment(104, CUSTOMER, public=False)),
            ticket_event(5, 2, {"event_type": "Change", "status": "solved"}),
            ticket_event(6, 3, comment(105, OTHER)),
            ticket_event(7, 99, comment(106, CUSTOMER)),
        ]
    )
    ratings: list[dict[str, Any]] = field(
        default_factory=lambda: [
            rating(201, 1, "good"),
            rating(202, 2, "bad"),
            rating(203, 3, "offered"),
        ]
    )
    users: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {
                "id": CUSTOMER,
                "name": "Erika Mustermann",
                "email": "erika@kunde.example",
                "role": "end-user",
                "organization_id": 701,
            },
            {"id": OTHER, "name": "Olu", "email": None, "role": "end-user"},
            {"id": AGENT, "name": "Tyler", "email": "tyler@acme.example", "role": "agent"},
        ]
    )
    organizations: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": 701, "name": "Kunde AG", "organization_fields": {"plan": "enterprise"}}
        ]
    )
    calls: list[httpx.Request] = field(default_factory=list)
    empty_page_at: int | None = None
    """Before this ticket (by position) the export gives a page without tickets."""
    stuck: bool = False
    """The export hands out the same cursor and page for ever."""
    role: str = "admin"

    # what the account holds that is feedback, by the rules of the vendor's documentation
    EXPECTED = frozenset(
        {
            *(
                f"ticket/{n}/{int((START + timedelta(hours=n, minutes=30)).timestamp())}"
                for n in range(1, 6)
            ),
            "comment/1/103",
            "comment/3/105",
            f"rating/201/{int((START + timedelta(hours=30, minutes=201)).timestamp())}",
            f"rating/202/{int((START + timedelta(hours=30, minutes=202)).timestamp())}",
        }
    )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.calls.append(request)
        routes: dict[str, Callable[[httpx.QueryParams], dict[str, Any]]] = {
            "/api/v2/incremental/tickets/cursor.json": self._export,
            "/api/v2/incremental/ticket_events.json": self._ticket_events,
            "/api/v2/satisfaction_ratings.json": self._ratings,
            "/api/v2/tickets/show_many.json": lambda q: self._many("tickets", self.tickets, q),
            "/api/v2/users/show_many.json": lambda q: self._many("users", self.users, q),
            "/api/v2/organizations/show_many.json": lambda q: self._many(
                "organizations", self.organizations, q
            ),
            "/api/v2/users/me.json": lambda _: {"user": {"id": 1, "role": self.role}},
        }
        if not request.headers.get("authorization"):
            return httpx.Response(401, json={"error": "Couldn't authenticate you"})
        if request.url.path not in routes:
            return httpx.Response(404, json={"error": "InvalidEndpoint"})
        body = routes[request.url.path](request.url.params)
        return httpx.Response(200, content=json.dumps(deepcopy(body)))

    def asked(self, part: str) -> list[httpx.QueryParams]:
        """Parameters of the calls whose path holds ``part``."""
        return [call.url.params for call in self.calls if part in call.url.path]

    def _export(self, query: httpx.QueryParams) -> dict[str, Any]:
        position, skipped = 0, False
        if "cursor" in query:
            number, _, mark = query["cursor"].partition(":")
            position, skipped = int(number), mark == "empty"
        elif "start_time" in query:
            assert int(query["start_time"]) <= int(START.timestamp())
        if position == self.empty_page_at and not skipped:
            return {
                "tickets": [],
                "after_cursor": f"{position}:empty",
                "end_of_stream": False,
            }
        upto = min(position + self.page, len(self.tickets))
        return {
            "tickets": self.tickets[position:upto],
            "after_cursor": f"{position}" if self.stuck else f"{upto}",
            "end_of_stream": not self.stuck and upto == len(self.tickets),
        }

    def _ticket_events(self, query: httpx.QueryParams) -> dict[str, Any]:
        assert query["include"] == "comment_events"
        start = int(query["start_time"])
        assert start < int(NOW.timestamp()) - 60, "too recent: the vendor refuses this"
        later = [event for event in self.events if event["timestamp"] >= start]
        shown = later[: self.page]
        more = len(later) > len(shown)
        end = (
            later[len(shown)]["timestamp"]
            if more
            else (shown or [{"timestamp": start}])[-1]["timestamp"]
        )
        return {
            "ticket_events": shown,
            "count": len(shown),
            "end_time": end,
            "end_of_stream": not more,
        }

    def _ratings(self, query: httpx.QueryParams) -> dict[str, Any]:
        start = int(query["start_time"])
        found = [
            each
            for each in self.ratings
            if datetime.fromisoformat(each["updated_at"]).timestamp() >= start
            and (query.get("score") != "received" or each["score"] in {"good", "bad"})
        ]
        position = int(query.get("page[after]", "0"))
        upto = min(position + self.page, len(found))
        return {
            "satisfaction_ratings": found[position:upto],
            "meta": {"has_more": upto < len(found), "after_cursor": str(upto)},
        }

    @staticmethod
    def _many(name: str, records: list[dict[str, Any]], query: httpx.QueryParams) -> dict[str, Any]:
        ids = query["ids"].split(",")
        assert len(ids) <= 100, "show_many takes a hundred ids"
        return {name: [each for each in records if str(each["id"]) in ids]}
