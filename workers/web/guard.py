"""What stands around every page: which host may be asked, and headers no response lacks.

Written as plain ASGI and outermost, so that refusals, unknown addresses and crashes carry
the same headers as pages.
"""

import traceback
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers.web.options import WebOptions

__all__ = ["CONTENT_POLICY", "Guard", "host_name"]

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing but our own files is loaded, and nothing inline runs."""

_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_OPEN = frozenset({"/healthz", "/readyz"})
"""Answered for any host: probes ask by address, and the answers tell nothing."""

_FRAMES = 8

_log = structlog.get_logger(__name__)


def host_name(header: str) -> str:
    """The host of a ``Host`` header in lower case, without port and brackets."""
    host = header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _places(error: Exception) -> list[str]:
    """Where it happened, innermost last: ``inbox.py:58 inbox``."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class Guard:
    """ASGI middleware; ``failed`` makes the page for an exception nobody expected."""

    def __init__(
        self, app: ASGIApp, *, options: WebOptions, failed: Callable[[Scope], Awaitable[Response]]
    ) -> None:
        self._app = app
        self._options = options
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        if not self._allowed(scope):
            await self._refusal()(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last resort
            # Never the message or the values in the frames: they may be a customer's words.
            # The path without its query, which may hold what somebody searched for.
            _log.error(
                "page_failed",
                path=scope["path"],
                error=type(error).__name__,
                where=_places(error),
            )
            if started:
                raise RuntimeError("the page broke off half-way") from None
            response = await self._failed(scope)
            await response(scope, receive, send_with_headers)

    def _allowed(self, scope: Scope) -> bool:
        if scope["path"] in _OPEN:
            return True
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1:
            return False
        host = host_name(hosts[0])
        if host in self._options.allowed_hosts:
            return True
        return self._options.any_address and _is_address(host)

    @staticmethod
    def _refusal() -> Response:
        return PlainTextResponse(
            "This host name is not one of ours. Open the page by the address that was printed "
            "at the start, or add the name to PRODUCTOPS_WEB_ALLOWED_HOSTS.\n",
            status_code=421,
        )
