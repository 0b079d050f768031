"""The simulated Zendesk as an ASGI application."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox.company import Company, found
from connectors.sandbox.expectation import expectation
from connectors.sandbox.faults import Faults
from connectors.sandbox.zendesk.desk import Desk
from connectors.sandbox.zendesk.endpoints.account import Account
from connectors.sandbox.zendesk.endpoints.incremental import Incremental
from connectors.sandbox.zendesk.endpoints.page import TicketPage
from connectors.sandbox.zendesk.endpoints.service import Service
from connectors.sandbox.zendesk.memory import Memory
from connectors.sandbox.zendesk.options import Options
from connectors.sandbox.zendesk.tally import Tally

__all__ = ["make_app"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _WithoutSuffix:
    """``/api/v2/users.json`` and ``/api/v2/users`` are the same address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith(".json"):
            scope = {**scope, "path": scope["path"].removesuffix(".json")}
        await self._app(scope, receive, send)


def make_app(
    *,
    seed: int,
    options: Options | None = None,
    state: Path | None = None,
    now: datetime | None = None,
    clock: Callable[[], datetime] = _utc_now,
    monotonic: Callable[[], float] = time.monotonic,
) -> ASGIApp:
    """The simulator for a seed.

    ``now`` founds the company (default: the clock), unless ``state`` remembers an earlier
    founding. Raises ``StateMismatchError`` for a state file of another seed.
    """
    options = options or Options()
    memory = Memory(state, seed=seed, now=now or clock())
    company: Company = found(seed, memory.founded)
    desk = Desk(company, memory, live_every=options.live_every, paused=options.paused, clock=clock)
    tally = Tally()
    service = Service(desk=desk, options=options, tally=tally, clock=clock, monotonic=monotonic)
    incremental, account, page = Incremental(service), Account(service), TicketPage(service)

    async def counts(request: Request) -> Response:
        del request
        return JSONResponse(tally.as_dict() | {"founded": memory.founded.isoformat()})

    async def expected(request: Request) -> Response:
        del request
        service.visible_until()
        return JSONResponse(expectation(company, arrived=desk.arrived).as_dict())

    api = "/api/v2"
    app = Starlette(
        routes=[
            Route(f"{api}/incremental/tickets/cursor", incremental.tickets_by_cursor),
            Route(f"{api}/incremental/tickets", incremental.tickets_by_time),
            Route(f"{api}/incremental/tickets/sample", incremental.sample),
            Route(f"{api}/incremental/ticket_events", incremental.ticket_events),
            Route(f"{api}/incremental/users/cursor", incremental.users_by_cursor),
            Route(f"{api}/incremental/users", incremental.users_by_time),
            Route(f"{api}/incremental/organizations", incremental.organisations),
            Route(f"{api}/satisfaction_ratings", account.ratings),
            Route(f"{api}/users/me", account.me),
            Route(f"{api}/users/show_many", account.users),
            Route(f"{api}/organizations/show_many", account.organisations),
            Route(f"{api}/tickets/show_many", account.tickets),
            Route(f"{api}/tickets/{{id:int}}", account.ticket),
            Route(f"{api}/tickets/{{id:int}}/comments", account.comments),
            Route("/agent/tickets/{id:int}", page.show),
            Route("/agent/style.css", page.style),
            Route("/_sandbox/expectation", expected),
            Route("/_sandbox/counts", counts),
        ]
    )
    return _WithoutSuffix(Faults(app))
