"""What stands around every page."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.responses import Response

from workers.web.guard import Guard, host_name
from workers.web.options import WebOptions

POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(answer: httpx.Response) -> dict[str, str]:
    """The content policy of a response, by directive."""
    pairs = answer.headers["content-security-policy"].split("; ")
    return dict(pair.split(" ", 1) for pair in pairs)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/item?id=unknown", 404),
        ("GET", "/messages", 200),
        ("GET", "/sources", 200),
        ("GET", "/dead-letters", 200),
        ("GET", "/dead-letter?id=unknown", 404),
        ("GET", "/?kind=nonsense", 400),
        ("GET", "/?after=nonsense", 400),
        ("GET", "/item", 400),
        ("GET", "/item?id=%00", 400),
        ("GET", "/nowhere", 404),
        ("GET", "/static/app.css", 200),
        ("GET", "/static/..%2fapp.py", 404),
        ("GET", "/static/nothing.js", 404),
        ("POST", "/", 405),
        ("DELETE", "/item", 405),
        ("GET", "/api/items", 200),
        ("GET", "/api/items?kind=nonsense", 400),
        ("GET", "/api/item?id=unknown", 404),
        ("GET", "/api/nowhere", 404),
        ("GET", "/docs", 404),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
    ],
)
async def test_every_response_carries_the_headers(
    browse: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """Pages, data, files, refusals and unknown addresses: all under the strict policy."""
    answer = await browse.request(method, path)
    assert answer.status_code == status
    assert policy(answer) == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers


async def test_pages_are_not_kept_and_files_are(browse: httpx.AsyncClient) -> None:
    """Customers' words stay out of caches; our own files carry their version and are kept."""
    page = await browse.get("/")
    assert page.headers["cache-control"] == "no-store"
    start = page.text.index("/static/app.css")
    sheet = await browse.get(page.text[start : page.text.index('"', start)])
    assert "immutable" in sheet.headers["cache-control"]


async def test_problems_of_the_api_are_json(browse: httpx.AsyncClient) -> None:
    """A program gets the reason and what is allowed as data."""
    answer = await browse.get("/api/items", params={"urgency": "extreme"})
    assert answer.status_code == 400
    assert answer.json()["text"] == "urgency can be urgent, low, normal, high, critical."


@pytest.mark.parametrize(
    ("header", "options", "status"),
    [
        ("127.0.0.1:8800", {}, 200),
        ("localhost", {}, 200),
        ("LOCALHOST:8800", {}, 200),
        ("[::1]:8800", {}, 200),
        ("evil.example", {}, 421),
        ("evil.example:8800", {}, 421),
        ("127.0.0.1.evil.example", {}, 421),
        ("localhost@evil.example", {}, 421),
        ("10.1.2.3:8800", {}, 421),
        ("", {}, 421),
        ("feedback.larkfield.example", {"allowed_hosts": ("feedback.larkfield.example",)}, 200),
        ("10.1.2.3:8800", {"any_address": True}, 200),
        ("evil.example", {"any_address": True}, 421),
    ],
)
async def test_only_known_hosts_are_answered(
    make_app: Callable[..., FastAPI], header: str, options: dict[str, Any], status: int
) -> None:
    """A page of somebody else that resolves its name to us (DNS rebinding) reads nothing."""
    transport = httpx.ASGITransport(app=make_app(**options))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/api/items", headers={"host": header})
        health = await client.get("/healthz", headers={"host": header})
    assert answer.status_code == status
    assert policy(answer) == POLICY
    assert health.status_code == 200


def test_the_host_of_a_header_is_found() -> None:
    """Ports, brackets and capitals are no part of a host."""
    given = ("LocalHost:80", "[::1]:80", "::1", "a.example", "a.example:1")
    assert [host_name(host) for host in given] == [
        "localhost",
        "::1",
        "::1",
        "a.example",
        "a.example",
    ]


def test_options_follow_from_where_the_pages_are_bound() -> None:
    """A server on every address takes numeric hosts; names come from the environment."""
    environ = {
        "PRODUCTOPS_WEB_ALLOWED_HOSTS": "Feedback.example, ,[fd00::1]",
        "PRODUCTOPS_SAMPLE_DATA": "1",
    }
    local, everywhere = WebOptions.of("127.0.0.1", {}), WebOptions.of("0.0.0.0", environ)  # noqa: S104
    assert not local.any_address
    assert not local.sample
    assert local.allowed_hosts == ("127.0.0.1", "localhost", "::1")
    assert everywhere.any_address
    assert everywhere.sample
    assert everywhere.allowed_hosts[-2:] == ("feedback.example", "fd00::1")
    assert WebOptions.of("pages.example", {}).allowed_hosts[-1] == "pages.example"


async def test_a_crash_makes_a_page_and_tells_no_secret() -> None:
    """What nobody expected is a page with the headers; the log names places, not words."""

    async def crashing(*_: Any) -> None:
        raise RuntimeError("the customer said: my password is swordfish")

    async def failed(_: Any) -> Response:
        return Response("sorry", status_code=500)

    guard = Guard(crashing, options=WebOptions(), failed=failed)
    transport = httpx.ASGITransport(app=guard)
    with structlog.testing.capture_logs() as logs:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/?q=swordfish")
    assert (answer.status_code, answer.text) == (500, "sorry")
    assert policy(answer) == POLICY
    (entry,) = logs
    assert entry["error"] == "RuntimeError"
    assert entry["path"] == "/"
    assert "crashing" in entry["where"][-1]
    assert "swordfish" not in repr(entry)
