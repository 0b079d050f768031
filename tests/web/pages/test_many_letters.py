"""All dead letters that match are replayed or dropped from their list, after a question."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from schemas.platform import ErrorClass, Origin
from schemas.topics import RECEIVED
from tests.web.pages.test_letter_forms import FORM, Recorder, forms
from workers.letters.choice import LetterFilter
from workers.letters.seam import LettersError, Reason, Sweep

FILTERED = {"error_class": "process", "since": "7d", "key": " k&ü"}


@pytest.fixture
def recorder() -> Recorder:
    """What the pages act through."""
    return Recorder(swept=Sweep(3))


@pytest.fixture
async def acting(
    make_app: Callable[..., FastAPI], recorder: Recorder, scribe: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of pages that can act, with a letter that matches."""
    scribe.dead(
        "why",
        origin=Origin(topic=RECEIVED.name, partition=2, offset=41),
        letter_id="one",
        error_class=ErrorClass.PROCESS,
        key=" k&ü".encode(),
    )
    transport = httpx.ASGITransport(app=make_app(letters=recorder))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as client:
        yield client


async def hidden(client: httpx.AsyncClient, read_html: Any, **query: str) -> dict[str, str]:
    """The hidden fields of the form under the list; empty when there is none."""
    page = read_html((await client.get("/dead-letters", params=query)).text)
    fields = [one.attributes for one in page.elements if one.attributes.get("type") == "hidden"]
    return {
        one["name"]: one["value"] for one in fields if one["name"] in {"token", "filter", "list"}
    }


@pytest.mark.parametrize(("action", "how"), [("replay", {"force": False}), ("drop", {})])
async def test_nothing_is_done_before_somebody_is_sure(  # noqa: PLR0917 - fixtures
    acting: httpx.AsyncClient,
    recorder: Recorder,
    scribe: Any,
    read_html: Any,
    action: str,
    how: dict[str, Any],
) -> None:
    """First a dry run and a question with its number, then exactly what it was about."""
    fields = await hidden(acting, read_html, **FILTERED)
    asked = await acting.post(f"/dead-letters/{action}", data={**fields, "limit": "20"})
    meant = LetterFilter(
        error_class=ErrorClass.PROCESS,
        since=scribe.now - timedelta(days=7),
        until=scribe.now,
        key=" k&ü".encode(),
    )
    assert recorder.sweeps == [(action, meant, {"limit": 20, "dry_run": True, **how})]
    page = read_html(asked.text)
    assert (asked.status_code, page.text("h1")) == (200, f"{action.title()} 3 dead letters?")
    sure = forms(page)[f"/dead-letters/{action}"]
    done = await acting.post(f"/dead-letters/{action}", data=sure)
    assert recorder.sweeps[1:] == [(action, meant, {"limit": 20, "dry_run": False, **how})]
    assert done.status_code == 303
    back = urlsplit(done.headers["location"])
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    assert (back.netloc, back.path) == ("", "/dead-letters")
    assert query.items() >= FILTERED.items()
    told = read_html((await acting.get(done.headers["location"])).text).text(css="done")
    assert told.startswith("3 were replayed." if action == "replay" else "3 were dropped.")


async def test_what_would_be_refused_is_said_with_its_reasons(
    acting: httpx.AsyncClient, recorder: Recorder, read_html: Any
) -> None:
    """What is a matter of judgement can be replayed too, by a button of its own."""
    recorder.swept = Sweep(
        3, (Reason("it is <b>too old</b>", 4, forceable=True), Reason("cut", 1, forceable=False)), 9
    )
    fields = await hidden(acting, read_html, **FILTERED)
    page = read_html((await acting.post("/dead-letters/replay", data=fields)).text)
    assert page.texts("h2")[1] == "5 dead letters would be refused"
    assert page.texts(css="warn") == ["4 because it is <b>too old</b>", "1 because cut"]
    assert "9 more match: these are the oldest." in page.text(css="asked")
    assert page.texts("button") == [
        "Replay 3 dead letters",
        "Replay 7 dead letters, refused ones too",
    ]
    anyway = forms(page)["/dead-letters/replay"]  # the last one
    done = await acting.post("/dead-letters/replay", data=anyway)
    assert recorder.sweeps[-1][2] == {"limit": None, "force": True, "dry_run": False}
    told = read_html((await acting.get(done.headers["location"])).text).text(css="done")
    assert told.startswith("3 were replayed. 5 were refused")


async def test_of_many_reasons_the_most_frequent_are_said_and_the_rest_is_counted(
    acting: httpx.AsyncClient, recorder: Recorder, read_html: Any
) -> None:
    """Five reasons, then how many letters have another one."""
    reasons = (Reason(f"reason {n}", 10 - n, forceable=False) for n in range(8))
    recorder.swept = Sweep(1, tuple(reasons))
    fields = await hidden(acting, read_html, **FILTERED)
    page = read_html((await acting.post("/dead-letters/replay", data=fields)).text)
    told = [f"{10 - n} because reason {n}" for n in range(5)]
    assert page.texts(css="warn") == [*told, "12 for other reasons"]


async def test_where_nothing_matches_there_is_nothing_to_be_sure_of(
    acting: httpx.AsyncClient, recorder: Recorder, read_html: Any
) -> None:
    """Somebody else may have been quicker."""
    recorder.swept = Sweep(0)
    fields = await hidden(acting, read_html, **FILTERED)
    page = read_html((await acting.post("/dead-letters/drop", data=fields)).text)
    assert page.text("h1") == "Nothing can be dropped"
    assert page.texts("button") == []


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"filter": ""}, 400, "choose some by a filter"),
        ({"filter": "settled=1"}, 400, "choose some by a filter"),
        ({"filter": "topic=nowhere"}, 400, "topic can be"),
        ({"filter": "since=yesterday"}, 400, "since is a date"),
        ({"filter": "until=999999999d"}, 400, "until is"),
        ({"filter": "error_class=odd"}, 400, "error_class can be"),
        ({"filter": "key_hex=0"}, 400, "two digits a byte"),
        ({"filter": "key=a&key_hex=00"}, 400, "exclude one another"),
        ({"filter": "&".join(["a=1"] * 50)}, 400, "Nothing was dropped"),
        ({"list": "settled=5"}, 400, "settled can be 1"),
        ({"limit": "0"}, 400, "whole number"),
        ({"limit": "x"}, 400, "whole number"),
        ({"limit": "9" * 400}, 400, "whole number"),
        ({"token": "guessed"}, 403, "Nothing was done"),
    ],
)
async def test_a_form_that_makes_no_sense_does_nothing(  # noqa: PLR0917 - fixtures
    acting: httpx.AsyncClient,
    recorder: Recorder,
    read_html: Any,
    change: dict[str, str],
    status: int,
    said: str,
) -> None:
    """It is refused with the reason, also when it says that somebody is sure."""
    fields = await hidden(acting, read_html, **FILTERED)
    answer = await acting.post("/dead-letters/drop", data={**fields, "sure": "1", **change})
    assert (answer.status_code, recorder.sweeps) == (status, [])
    assert said in answer.text


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}]
)
async def test_a_form_of_another_site_does_nothing(
    acting: httpx.AsyncClient, recorder: Recorder, read_html: Any, headers: dict[str, str]
) -> None:
    """Even with the right token, and even a question."""
    fields = await hidden(acting, read_html, **FILTERED)
    content = str(httpx.QueryParams(fields))
    answer = await acting.post(
        "/dead-letters/drop", content=content, headers={"content-type": FORM, **headers}
    )
    assert (answer.status_code, recorder.sweeps) == (403, [])


async def test_without_an_answer_of_kafka_it_is_said(
    acting: httpx.AsyncClient, recorder: Recorder, read_html: Any
) -> None:
    """With what is known."""
    recorder.answer = LettersError("it is not known whether <b>")
    fields = await hidden(acting, read_html, **FILTERED)
    answer = await acting.post("/dead-letters/drop", data={**fields, "sure": "1"})
    assert answer.status_code == 503
    assert "it is not known whether &lt;b&gt;" in answer.text


async def test_many_are_offered_where_there_is_a_filter_and_a_kafka(
    acting: httpx.AsyncClient, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """As on the command line nobody replays everything by accident."""
    assert await hidden(acting, read_html) == {}
    assert await hidden(acting, read_html, settled="1") == {}
    assert await hidden(browse, read_html, **FILTERED) == {}
    assert (await browse.post("/dead-letters/drop")).status_code in {404, 405}
    answer = await acting.get("/dead-letters/drop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dead-letters")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"since": "2h"}, ["an hour ago", "now"]),
        ({"until": "30m"}, ["an hour ago", "a day ago"]),
        ({"since": "2h", "until": "30m"}, ["an hour ago"]),
        ({"key": "k"}, ["now"]),
        ({"key": "K"}, []),
        ({"key_hex": "FF 00"}, ["an hour ago"]),
        ({"topic": RECEIVED.name, "source": "crm"}, ["a day ago"]),
    ],
)
async def test_the_list_has_the_filters_of_the_command_line(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any, query: dict[str, str], found: list[str]
) -> None:
    """By the time of the last failure, by the exact key, by source; the form keeps what is set."""
    for name, ago, key in (
        ("now", timedelta(0), b"k"),
        ("an hour ago", timedelta(hours=1), b"\xff\x00"),
        ("a day ago", timedelta(days=1), None),
    ):
        source = {"source_name": "crm" if key is None else "support", "record_id": name}
        origin = Origin(topic=RECEIVED.name, **source)
        scribe.dead(name, at=scribe.now - ago, key=key, origin=origin, letter_id=name)
    data = (await browse.get("/api/dead-letters", params=query)).json()
    assert sorted(row["message"] for row in data["dead_letters"]) == sorted(found)
    page = read_html((await browse.get("/dead-letters", params=query)).text)
    shown = [one.attributes for one in page.all("input")]
    kept = {one["name"]: one.get("value", "") for one in shown}
    assert {name: kept[name] for name in query if name != "topic"}.items() <= query.items()


async def test_a_letters_key_leads_to_all_of_this_key(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Text as text, other bytes in hexadecimal."""
    origin = Origin(topic=RECEIVED.name, partition=2, offset=41)
    for key, address in ((b"a b", "key=a+b"), (b"\xff", "key_hex=ff")):
        made = scribe.dead("why", key=key, origin=origin, letter_id=address)
        page = read_html((await browse.get("/dead-letter", params={"id": made})).text)
        links = [one.attributes.get("href") for one in page.all("a")]
        assert f"/dead-letters?{address}" in links


@pytest.mark.parametrize(("key", "leads"), [(b"k" * 512, True), (b"k" * 513, False)])
async def test_a_key_too_long_for_an_address_leads_nowhere(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any, key: bytes, *, leads: bool
) -> None:
    """It is shown; what servers and browsers would cut is no link."""
    origin = Origin(topic=RECEIVED.name, partition=2, offset=41)
    made = scribe.dead("why", key=key, origin=origin, letter_id="long")
    page = read_html((await browse.get("/dead-letter", params={"id": made})).text)
    links = [one.attributes.get("href") or "" for one in page.all("a")]
    assert any(link.startswith("/dead-letters?key=k") for link in links) == leads


async def test_links_keep_what_is_settled_in_sight(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Whoever looks at settled letters, too, does so on the next page and without a filter."""
    origin = Origin(topic=RECEIVED.name, source_name="crm", record_id="1")
    for number in range(60):
        scribe.dead("why", origin=origin, letter_id=f"l{number}")
    query = {"source": "crm", "settled": "1"}
    page = read_html((await browse.get("/dead-letters", params=query)).text)
    links = [one.attributes.get("href") or "" for one in page.all("a")]
    (older,) = [link for link in links if "after=" in link]
    assert parse_qs(urlsplit(older).query).items() >= {"source": ["crm"], "settled": ["1"]}.items()
    assert "/dead-letters?settled=1" in links, "without the source"
