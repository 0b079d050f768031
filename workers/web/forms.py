"""Forms that change something: read with bounds, taken from our own pages only.

Another site can make a reader's browser send a form to us. What it cannot do is read our pages,
so that it does not know the token in them; and browsers say where a form comes from. Both are
asked. The referrer policy of the pages makes browsers send ``Origin: null`` with our own
forms, so that this value tells nothing.
Source: OWASP Cross-Site Request Forgery Prevention; Fetch Metadata Request Headers;
Fetch, "append a request Origin header".
"""

import secrets
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

__all__ = ["FormRefusedError", "new_token", "read_form"]

_MOST_BYTES = 16_384
_MOST_FIELDS = 12
_KIND = "application/x-www-form-urlencoded"
TOKEN = "token"  # noqa: S105 - the name of the field


class FormRefusedError(Exception):
    """The form does not come from our page, or is none. The message says what to do."""


def new_token() -> str:
    """A word nobody can guess, for the forms of one process."""
    return secrets.token_urlsafe(32)


async def read_form(request: Request, token: str) -> dict[str, str]:
    """The fields of a form of ours; raises ``FormRefusedError``."""
    if not _from_our_pages(request.headers):
        raise FormRefusedError("Your browser says that another site has sent this form.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _KIND:
        raise FormRefusedError(f"A form is sent as {_KIND}.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise FormRefusedError(f"A form has at most {_MOST_BYTES} bytes.")
    try:
        fields = dict(parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise FormRefusedError("This is no form.") from None
    given = fields.pop(TOKEN, "").encode("utf-8", "replace")
    if not secrets.compare_digest(given, token.encode()):
        raise FormRefusedError(
            "This form is from before the pages were started anew. Open the page again and repeat."
        )
    return fields


def _from_our_pages(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
