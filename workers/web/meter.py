"""Counts and times requests by page, as plain ASGI."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.base.contract import Clock
from workers.observability.metrics import Metrics

__all__ = ["Meter", "page_of"]

_PAGES = {
    "/": "inbox",
    "/item": "item",
    "/item/text": "item",
    "/messages": "messages",
    "/sources": "sources",
    "/dead-letters": "dead_letters",
    "/dead-letters/replay": "dead_letters",
    "/dead-letters/drop": "dead_letters",
    "/dead-letter": "dead_letters",
    "/dead-letter/replay": "dead_letters",
    "/dead-letter/drop": "dead_letters",
}


def page_of(path: str) -> str:
    """The value of the label ``page`` for a path: one of a closed set."""
    if path.startswith("/api/"):
        return "api"
    return _PAGES.get(path, "other")


class Meter:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, clock: Clock) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        page, status, begun = page_of(scope["path"]), 500, self._clock.monotonic()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.counter("productops_web_requests_total", page, f"{status // 100}xx").inc()
            self._metrics.histogram("productops_web_request_seconds", page).observe(
                self._clock.monotonic() - begun
            )
