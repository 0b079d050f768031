"""Who may call, and how often."""

import base64
import binascii
import math

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.zendesk.options import ADMIN_EMAIL, AGENT_EMAIL, Options

__all__ = ["caller", "forbidden", "rate_limited", "unauthorised"]


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
