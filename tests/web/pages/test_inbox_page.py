"""The inbox: what a row says, what filters do, what an empty page says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from schemas.feedback import Kind, Match, Part, Urgency


@pytest.fixture
def three(scribe: Any) -> Any:
    """A bug of Maya's, a wish of Jonas's from history, and something nobody has routed yet."""
    scribe.received(
        "support:ticket:1",
        "Our card was charged twice for March.",
        subject="Charged twice",
        url="https://larkfield.zendesk.com/agent/tickets/1",
        at=scribe.now - timedelta(hours=1),
    )
    scribe.classified(
        "support:ticket:1",
        urgency=Urgency.CRITICAL,
        matches=(Match(label="kind=bug", rule="en.bug.charge", words=("charged twice",)),),
        at=scribe.now - timedelta(hours=1),
    )
    scribe.routed("support:ticket:1", at=scribe.now - timedelta(hours=1))
    old = scribe.now - timedelta(days=20)
    scribe.received("history:row:2", "Bitte eine Kalenderansicht ergänzen", at=old, vendor="files")
    scribe.classified(
        "history:row:2", kind=Kind.FEATURE_REQUEST, area="scheduling", language="de", at=old
    )
    scribe.routed(
        "history:row:2", owner="jonas", team=None, announced=False, reason="no other", at=old
    )
    scribe.received("support:ticket:3", "Hello?", at=scribe.now - timedelta(minutes=5))
    return scribe


def headings(page: Any) -> list[str]:
    """The items of a page, in order."""
    return [a.text for a in page.all("a") if "data-row-link" in a.attributes]


@pytest.mark.usefixtures("three")
async def test_a_row_says_what_who_and_why(browse: httpx.AsyncClient, read_html: Any) -> None:
    """Quote with the matched words, link to the tool, owner, team, rule and reason."""
    page = read_html((await browse.get("/?owner=maya")).text)
    assert headings(page) == ["Charged twice"]
    assert "Our card was charged twice for March." in page.text(css="quote")
    assert page.texts("mark") == ["Charged twice", "charged twice"]
    assert page.texts(css="chip") == ["Bug", "Critical", "Billing"]
    assert "Because kind = bug and area = billing route billing bugs" in page.text(css="why")
    to = page.text(css="to")
    assert "Maya Lindqvist" in to
    assert "Payments" in to
    link = next(a for a in page.all("a") if "zendesk.com" in a.attributes["href"])
    assert link.attributes["rel"] == "noopener noreferrer"
    assert link.text.startswith("Open in Zendesk")


async def test_matched_words_outside_the_quotation_are_named(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Where the words that decided stand in a comment, the row names them."""
    scribe.received(subject="Question", text="See below.")
    scribe.received(text="We want a refund", part=Part.COMMENT, part_id="c1")
    scribe.classified(matches=(Match(label="kind=bug", rule="r", words=("refund",)),))
    scribe.routed()
    page = read_html((await browse.get("/")).text)
    assert "said refund" in page.text(css="why")


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Hello?", "Charged twice", "Bitte eine Kalenderansicht ergänzen"]),
        ("owner=maya", ["Charged twice"]),
        ("owner=-", []),
        ("team=payments", ["Charged twice"]),
        ("team=-", ["Bitte eine Kalenderansicht ergänzen"]),
        ("kind=feature_request", ["Bitte eine Kalenderansicht ergänzen"]),
        ("area=billing", ["Charged twice"]),
        ("urgency=critical", ["Charged twice"]),
        ("urgency=urgent", ["Charged twice"]),
        ("urgency=high", []),
        ("source=history", ["Bitte eine Kalenderansicht ergänzen"]),
        ("language=de", ["Bitte eine Kalenderansicht ergänzen"]),
        ("since=24h", ["Hello?", "Charged twice"]),
        ("since=2026-03-12", ["Hello?", "Charged twice"]),
        ("since=30d&state=history", ["Bitte eine Kalenderansicht ergänzen"]),
        ("state=announced", ["Charged twice"]),
        ("state=unrouted", ["Hello?"]),
        ("q=CHARGED", ["Charged twice"]),
        ("q=march+card", ["Charged twice"]),
        ("q=Erg%C3%84nzen", ["Bitte eine Kalenderansicht ergänzen"]),
        ("q=support:ticket:3", ["Hello?"]),
        ("q=%25", []),
        ("q=_", []),
        ("q=charged+swordfish", []),
        ("owner=maya&kind=bug&q=card&since=7d&state=announced", ["Charged twice"]),
        ("owner=maya&kind=praise", []),
    ],
)
async def test_filters_narrow_the_list(
    browse: httpx.AsyncClient, read_html: Any, query: str, found: list[str]
) -> None:
    """Each filter, and several together; wild-cards in the search mean themselves."""
    page = read_html((await browse.get(f"/?{query}")).text)
    assert headings(page) == found
    data = (await browse.get(f"/api/items?{query}")).json()
    assert len(data["items"]) == len(found)


@pytest.mark.usefixtures("three")
async def test_filters_round_trip_through_the_address(
    browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The form shows what the address says, and each filter can be taken off by a link."""
    given = {
        "q": "card & <b>",
        "owner": "maya",
        "team": "payments",
        "kind": "bug",
        "area": "billing",
        "urgency": "urgent",
        "source": "support",
        "language": "en",
        "since": "7d",
        "state": "announced",
    }
    page = read_html((await browse.get("/", params=given)).text)
    fields = {e.attributes["name"]: e.attributes.get("value") for e in page.all("input")}
    name = ""
    for element in page.elements:
        if element.tag == "select":
            name = element.attributes["name"]
        if element.tag == "option" and "selected" in element.attributes:
            fields[name] = element.attributes["value"]
    assert fields == given
    chips = [a for a in page.all("a") if "(remove this filter)" in a.text]
    removed = [given.keys() - dict(parse_qsl(urlsplit(a.attributes["href"]).query)) for a in chips]
    assert sorted(name for names in removed for name in names) == sorted(given)
    for chip in chips:
        rest = dict(parse_qsl(urlsplit(chip.attributes["href"]).query))
        assert rest.items() <= given.items()


@pytest.mark.usefixtures("three")
async def test_a_value_that_no_menu_knows_is_kept(
    browse: httpx.AsyncClient, read_html: Any
) -> None:
    """A link to somebody who has left shows that filter, not all items."""
    page = read_html((await browse.get("/?owner=gone")).text)
    chosen = [o for o in page.all("option") if "selected" in o.attributes]
    assert [o.attributes["value"] for o in chosen] == ["gone"]
    assert headings(page) == []


@pytest.mark.usefixtures("scribe")
async def test_an_empty_inbox_says_what_fills_it(
    browse: httpx.AsyncClient, make_app: Callable[..., FastAPI], read_html: Any
) -> None:
    """Nothing yet: the reason and the command, with and without configured sources."""
    page = read_html((await browse.get("/")).text)
    assert "support, history" in page.text(css="empty")
    assert page.text("code") == "productops run"
    transport = httpx.ASGITransport(app=make_app(configured=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        bare = read_html((await client.get("/")).text)
    assert bare.text("code") == "productops demo"


@pytest.mark.usefixtures("three")
async def test_filters_without_a_match_offer_the_way_back(
    browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Nothing matches: the page says so and clears the filters with one click."""
    page = read_html((await browse.get("/?q=swordfish")).text)
    assert "Nothing matches these filters" in page.text(css="empty")
    assert any(a.text == "Clear all filters" and a.attributes["href"] == "/" for a in page.all("a"))


@pytest.mark.usefixtures("three")
async def test_without_configuration_ids_stand_for_names(
    make_app: Callable[..., FastAPI], read_html: Any
) -> None:
    """The pages work on the archive alone; menus then hold what occurs."""
    transport = httpx.ASGITransport(app=make_app(configured=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = read_html((await client.get("/")).text)
    assert any("maya" in text for text in page.texts(css="to"))
    options = [o.attributes["value"] for o in page.all("option")]
    assert {"maya", "jonas", "payments", "billing", "history", "de"} <= set(options)


@pytest.mark.parametrize(
    ("seconds", "lag", "words", "tone"),
    [
        (5, 0, "Up to date", "good"),
        (40, 0, "Up to date 40 s ago", "good"),
        (5, 1_200, "Catching up: 1,200 events to go", "warn"),
        (600, 0, "Data is 10 min old: is the archive role running?", "bad"),
    ],
)
async def test_the_page_says_how_old_its_data_is(  # noqa: PLR0917 - fixtures and cases
    scribe: Any,
    browse: httpx.AsyncClient,
    clock: Any,
    read_html: Any,
    seconds: int,
    lag: int,
    words: str,
    tone: str,
) -> None:
    """The age of the read model stands on every page, and turns red when nobody keeps it."""
    scribe.looked(lag=lag)
    clock.moment += timedelta(seconds=seconds)
    page = read_html((await browse.get("/")).text)
    assert page.text(css="age") == words
    assert page.all(css=tone)


@pytest.mark.usefixtures("scribe")
async def test_sample_data_is_flagged(
    browse: httpx.AsyncClient, make_app: Callable[..., FastAPI]
) -> None:
    """In the demonstration every page and every answer says that the data is invented."""
    transport = httpx.ASGITransport(app=make_app(sample=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert "Sample data." in (await client.get("/sources")).text
        assert (await client.get("/api/items")).json()["sample"] is True
    assert "Sample data." not in (await browse.get("/sources")).text


async def test_what_needs_a_person_is_counted_in_the_navigation(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Failed messages, stopped sources and dead letters show on every page."""
    scribe.received()
    for number in range(3):
        scribe.requested(f"m{number}")
        scribe.settled(f"m{number}", outcome="failed")
    scribe.checkpoint("support", status="stopped", remedy="Renew the token.")
    for _ in range(101):
        scribe.dead()
    page = read_html((await browse.get("/")).text)
    assert page.texts(css="badge") == ["3 failed", "1 stopped", "99+"]
