"""Who may call, and how often."""

import base64
import binascii
import math
from collections import deque
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.zendesk.options import ADMIN_EMAIL, AGENT_EMAIL, Options

__all__ = ["Budget", "caller", "forbidden", "rate_limited", "unauthorised"]

_WINDOW = 60.0


def caller(request: Request, options: Options) -> str | None:
    """The mail address behind the credentials, or ``None`` where they are not ours.

    ``Basic`` takes ``{email}/token:{api_token}``, ``Bearer`` an OAuth token, which belongs to
    the administrator.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return ADMIN_EMAIL if credentials == options.oauth_token else None
    if scheme.lower() != "basic":
        return None
    try:
        user, _, token = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    email, _, kind = user.partition("/")
    known = email in {ADMIN_EMAIL, AGENT_EMAIL} and kind == "token"
    return email if known and token == options.api_token else None


def unauthorised() -> Response:
    """The answer to credentials that are not ours."""
    return JSONResponse({"error": "Couldn't authenticate you"}, 401)


def forbidden() -> Response:
    """The answer to somebody who is no administrator."""
    message = (
        "You do not have access to this page. "
        "Please contact the account owner of this help desk for further help."
    )
    return JSONResponse({"error": {"title": "Forbidden", "message": message}}, 403)


def rate_limited(wait: float) -> Response:
    """The answer to a call too many; ``wait`` in seconds."""
    return JSONResponse(
        {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed incremental export requests per minute exceeded",
        },
        429,
        {"Retry-After": str(math.ceil(wait))},
    )


class Budget:
    """So many calls in any minute."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._monotonic = monotonic
        self._calls: deque[float] = deque()

    def take(self) -> float:
        """0 for a call that is allowed, else the seconds to wait; a refused call costs nothing."""
        if self.left <= 0:
            return self.resets_in
        self._calls.append(self._monotonic())
        return 0.0

    @property
    def left(self) -> int:
        """Calls that would be allowed right now."""
        now = self._monotonic()
        while self._calls and self._calls[0] <= now - _WINDOW:
            self._calls.popleft()
        return self.per_minute - len(self._calls)

    @property
    def resets_in(self) -> float:
        """Seconds until the oldest call no longer counts."""
        return self._calls[0] + _WINDOW - self._monotonic() if self._calls else 0.0
