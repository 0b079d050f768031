"""The JSON API and the pages say the same; both go on while rows arrive."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from connectors.base.clock import SystemClock
from workers.archive.engine import open_engine
from workers.observability.metrics import Metrics
from workers.web.app import create_app


def fill(scribe: Any, count: int) -> None:
    """Items, several of them in the same second."""
    for number in range(count):
        item_id = f"support:ticket:{number}"
        scribe.received(item_id, subject=item_id, at=scribe.now - timedelta(minutes=number // 3))


def shown(page: Any) -> list[str]:
    """The items of a page, in order."""
    return [a.text for a in page.all("a") if "data-row-link" in a.attributes]


def next_page(page: Any, rel: str) -> str:
    """Address of the neighbouring page, or empty."""
    links = [a.attributes["href"] for a in page.all("a") if a.attributes.get("rel") == rel]
    return links[0] if links else ""


async def test_pages_and_data_agree(scribe: Any, browse: httpx.AsyncClient, read_html: Any) -> None:
    """Page by page the same items in the same order, from the newest to the last."""
    fill(scribe, 60)
    address, parameters, pages = "/", {}, 0
    while True:
        page = read_html((await browse.get(address)).text)
        data = (await browse.get("/api/items", params=parameters)).json()
        assert shown(page) == [item["item_id"] for item in data["items"]]
        pages += 1
        address = next_page(page, "next")
        assert bool(address) == (data["older"] is not None)
        if not address:
            break
        parameters = {"after": data["older"]}
    assert pages == 3


async def test_nothing_is_missed_or_repeated_while_items_arrive(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Somebody pages through while new items come in at the top and old ones in between."""
    fill(scribe, 60)
    seen: list[str] = []
    address, arrivals = "/", 1_000
    while address:
        page = read_html((await browse.get(address)).text)
        seen += shown(page)
        for minutes in (-1, 5, 19):
            arrivals += 1
            late = f"support:ticket:{arrivals}"
            scribe.received(late, subject=late, at=scribe.now - timedelta(minutes=minutes))
        address = next_page(page, "next")
    assert len(seen) == len(set(seen))
    assert {f"support:ticket:{number}" for number in range(60)} <= set(seen)


async def test_the_way_back_shows_the_same_pages(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Older, older, then newer, newer: the same items in the same order."""
    fill(scribe, 75)
    address, there = "/", []
    while address:
        page = read_html((await browse.get(address)).text)
        there.append(shown(page))
        address = next_page(page, "next")
    back = [shown(page)]
    while address := next_page(page, "prev"):
        page = read_html((await browse.get(address)).text)
        back.append(shown(page))
    assert back[::-1] == there


async def test_filters_stay_while_paging(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The links to other pages carry the filters along."""
    fill(scribe, 60)
    page = read_html((await browse.get("/?source=support&q=support")).text)
    follow = next_page(page, "next")
    assert "source=support" in follow
    assert "q=support" in follow


async def test_messages_and_dead_letters_are_paged_too(
    scribe: Any, browse: httpx.AsyncClient
) -> None:
    """Every message and every dead letter is on exactly one page, requests missing or not."""
    for number in range(120):
        at = scribe.now - timedelta(minutes=number // 4)
        if number % 5:
            scribe.requested(f"m{number}", at=at)
        scribe.settled(f"m{number}", at=at)
        scribe.dead(at=at)
    for path, key, name in (
        ("/api/messages", "message_id", "messages"),
        ("/api/dead-letters", "letter_id", "dead_letters"),
    ):
        found: list[str] = []
        data = (await browse.get(path)).json()
        pages = [data]
        while data["older"]:
            data = (await browse.get(path, params={"after": data["older"]})).json()
            pages.append(data)
        found = [row[key] for page in pages for row in page[name]]
        assert len(found) == len(set(found)) == 120
        assert [len(page[name]) for page in pages] == [50, 50, 20]
        back = (await browse.get(path, params={"before": pages[1]["newer"]})).json()
        assert back[name] == pages[0][name]


async def test_the_data_of_one_item_is_what_the_page_shows(
    scribe: Any, browse: httpx.AsyncClient
) -> None:
    """Labels, route, parts and messages are there under the same names as on the page."""
    scribe.received()
    scribe.classified()
    scribe.routed()
    scribe.requested()
    scribe.settled()
    item = (await browse.get("/api/item?id=support:ticket:1")).json()["item"]
    assert (item["kind"], item["owner"], item["team"]) == ("bug", "maya", "payments")
    assert item["targets"][0]["reason"] == "kind = bug and area = billing"
    assert item["parts"][0]["text"] == "I was charged twice this month."
    assert item["messages"][0]["outcome"] == "delivered"


async def test_the_bytes_of_a_dead_letter_are_given_unchanged(
    scribe: Any, browse: httpx.AsyncClient
) -> None:
    """The API carries raw bytes in base64."""
    letter = scribe.dead(value=b"\x00\xff")
    answer = (await browse.get("/api/dead-letter", params={"id": letter})).json()
    assert answer["value_base64"] == "AP8="


async def test_the_pulse_beats_when_something_is_new(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The open page learns of new items by asking, and only then."""
    scribe.received()
    page = read_html((await browse.get("/?owner=nobody")).text)
    known = page.all(css="news")[0].attributes["data-newest"]
    assert (await browse.get("/api/pulse")).json()["newest"] == known
    scribe.received("support:ticket:2", at=scribe.now + timedelta(seconds=1))
    assert (await browse.get("/api/pulse")).json()["newest"] != known


async def test_the_description_of_the_api_names_its_parameters(browse: httpx.AsyncClient) -> None:
    """The OpenAPI document lists every filter, and no page of its own needs foreign scripts."""
    document = (await browse.get("/api/openapi.json")).json()
    names = {p["name"] for p in document["paths"]["/api/items"]["get"]["parameters"]}
    assert {"q", "team", "owner", "kind", "since", "state", "after", "before"} <= names


@pytest.mark.parametrize("broken", ["missing", "nonsense"])
async def test_an_unusable_archive_is_told_in_words(tmp_path: Path, broken: str) -> None:
    """No database yet, or a file that is none: every page says what to do, and health is red."""
    path = tmp_path / "archive.sqlite"
    if broken == "nonsense":
        path.write_bytes(b"this is no database" * 100)
    engine = open_engine(f"sqlite:///{path}", read_only=True)
    app = create_app(engine, configuration=None, clock=SystemClock(), metrics=Metrics())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answers = [await client.get(path) for path in ("/", "/sources", "/api/items", "/readyz")]
        alive = await client.get("/healthz")
        metrics = await client.get("/metrics")
    engine.dispose()
    told = "productops run archive" if broken == "missing" else "PRODUCTOPS_DATABASE_URL"
    for answer in answers:
        assert answer.status_code == 503
        assert told in answer.text
    assert alive.status_code == 200
    assert 'productops_ready{role="web"} 0.0' in metrics.text


@pytest.mark.usefixtures("scribe")
async def test_requests_are_counted_by_page(make_app: Callable[..., FastAPI]) -> None:
    """The metrics say which pages are asked for, how they end and how long they take."""
    transport = httpx.ASGITransport(app=make_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/")
        await client.get("/item?id=unknown")
        await client.get("/../../etc/passwd")
        text = (await client.get("/metrics")).text
    assert 'productops_web_requests_total{page="inbox",status="2xx"} 1.0' in text
    assert 'productops_web_requests_total{page="item",status="4xx"} 1.0' in text
    assert 'productops_web_requests_total{page="other",status="4xx"} 1.0' in text
    assert 'productops_web_request_seconds_count{page="inbox"} 1.0' in text
    assert 'productops_ready{role="web"} 1.0' in text
    assert "passwd" not in text
