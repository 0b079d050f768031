"""The simulated Slack as an ASGI application."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.sandbox.faults import Faults
from connectors.sandbox.slack.api import WebApi
from connectors.sandbox.slack.hooks import Hooks
from connectors.sandbox.slack.inbox import Inbox
from connectors.sandbox.slack.page import Page
from connectors.sandbox.slack.workspace import LARKFIELD, Workspace

__all__ = ["make_app"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def make_app(
    *,
    workspace: Workspace = LARKFIELD,
    state: Path | None = None,
    per_second: float = 1.0,
    clock: Callable[[], datetime] = _utc_now,
    monotonic: Callable[[], float] = time.monotonic,
) -> ASGIApp:
    """The receiver.

    ``state`` is the file that keeps every message; ``per_second`` how many a channel takes.
    """
    inbox = Inbox(state)
    api = WebApi(workspace, inbox, per_second=per_second, clock=clock, monotonic=monotonic)
    hooks = Hooks(workspace, inbox, api, clock=clock)
    page = Page(workspace, inbox)
    names = {channel.id: f"#{channel.name}" for channel in workspace.channels}

    async def messages(request: Request) -> Response:
        wanted = request.query_params.get("channel")
        channel = workspace.channel(wanted) if wanted else None
        return JSONResponse({"messages": inbox.as_dicts(channel.id if channel else wanted)})

    async def counts(request: Request) -> Response:
        del request
        return JSONResponse(inbox.counts(names))

    post = ["POST"]
    return Faults(
        Starlette(
            routes=[
                Route("/", page.show),
                Route("/style.css", page.style),
                Route("/api/{method}", api.call, methods=["GET", "POST"]),
                Route("/services/{path:path}", hooks.incoming, methods=post),
                Route("/hooks/{name}", hooks.signed, methods=post),
                Route("/_sandbox/messages", messages),
                Route("/_sandbox/counts", counts),
            ]
        )
    )
