"""Customers' words never become part of the page itself."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.feedback import Customer, Match, Target
from workers.web.text.visible import visible

ATTACKS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></select></option><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<mark>not ours</mark>",
    "<plaintext>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<style>*{display:none}</style>",
    "\u2028</script>\u202e<b>",
]
_NAMES = """
html head meta title link script body a header div svg rect path nav ul li span
p main h1 h2 h3 search details summary form label input select option button
section ol article bdi mark time aside footer dl dt dd code strong table caption
thead tbody tr th td pre br
"""
OURS = frozenset(_NAMES.split())
"""Elements that our templates use."""


def fill(scribe: Any, attack: str) -> str:
    """Put the attack into every field that somebody outside can fill."""
    short = attack[:60]
    item_id = f"support:ticket:{short or 1}"
    scribe.received(
        item_id,
        attack,
        subject=attack,
        url=f"javascript:{short}",
        language=short[:16] or None,
        customer=Customer(
            id=short or "1", name=short, organization_name=short, tier=short, email=short
        ),
        tags=(short,),
        attributes={short: short},
    )
    scribe.classified(
        item_id,
        language=short[:16],
        area=short,
        themes=(short,),
        matches=(Match(label=f"kind={short}", rule=short, words=(short, "alert"), reason=short),),
    )
    scribe.routed(
        item_id,
        owner=short,
        team=short,
        reason=short,
        targets=(Target(receiver=short or "r", route=short or "r", reason=short),),
    )
    scribe.requested(f"m{short}", item_id, title=short or "t", receiver=short or "r", mention=short)
    scribe.settled(f"m{short}", item_id, reason=short, outcome="failed", receiver=short or "r")
    scribe.checkpoint("support", vendor=short or "v", status="stopped", remedy=short)
    return item_id


def addresses(item_id: str, letter: str, attack: str) -> list[tuple[str, dict[str, str]]]:
    """Every page that shows what somebody outside said, or what the address says."""
    return [
        ("/", {}),
        ("/", {"q": attack, "owner": attack, "source": attack, "language": attack}),
        ("/", {"kind": attack}),
        ("/item", {"id": item_id}),
        ("/item", {"id": attack}),
        ("/messages", {}),
        ("/sources", {}),
        ("/dead-letters", {}),
        ("/dead-letters", {"topic": attack}),
        ("/dead-letter", {"id": letter}),
    ]


def check(page: Any) -> None:
    """Nothing in the page but what we wrote ourselves."""
    assert {element.tag for element in page.elements} <= OURS
    for element in page.elements:
        names = set(element.attributes)
        assert not {name for name in names if name.startswith("on") or name == "style"}
        for name in names & {"href", "src", "action", "data-pulse"}:
            address = element.attributes[name]
            assert address.startswith(("/", "#main", "https://", "?")), address
            assert not address.startswith("//")
    scripts = page.all("script")
    assert [script.attributes["src"].split("?")[0] for script in scripts] == ["/static/app.js"]
    assert scripts[0].text == ""


@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_attack_becomes_markup(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any, attack: str
) -> None:
    """Scripts, tags and attributes in any field of any event are shown as plain text."""
    item_id = fill(scribe, attack)
    letter = scribe.dead(attack, attack.encode(), source=attack[:60])
    for path, query in addresses(item_id, letter, attack):
        answer = await browse.get(path, params=query)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        page = read_html(answer.text)
        check(page)
        if path == "/item" and answer.status_code == 200:
            shown = page.all(css="text")[0].text
            assert shown == visible(attack)


async def test_a_record_is_shown_raw_but_as_text(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The bytes of a dead letter stand on the page exactly, as text."""
    letter = scribe.dead(value=b'{"text": "</pre><script>alert(1)</script>"}')
    page = read_html((await browse.get("/dead-letter", params={"id": letter})).text)
    check(page)
    assert page.text("pre") == '{"text": "</pre><script>alert(1)</script>"}'


@given(text=st.text(max_size=300), subject=st.text(max_size=60))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_is_shown_exactly_and_alone(
    scribe: Any, make_app: Callable[..., FastAPI], read_html: Any, text: str, subject: str
) -> None:
    """Whatever a customer writes, the page shows the readable text and nothing else of it."""
    text, subject = (value.replace("\x00", "") for value in (text, subject))
    item_id = f"support:ticket:{scribe.count}"
    scribe.received(item_id, text, subject=subject)
    scribe.classified(item_id, matches=(Match(label="kind=bug", rule="r", words=(text[:20],)),))

    async def look() -> str:
        transport = httpx.ASGITransport(app=make_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/item", params={"id": item_id})).text

    page = read_html(asyncio.run(look()))
    check(page)
    assert page.all(css="text")[0].text == visible(text)
    heading = " ".join(visible(subject).split()) or " ".join(visible(text).split()) or item_id
    assert page.text("h1").removesuffix(" …") in heading
    assert page.text("h1")


async def test_a_very_long_text_is_folded_and_the_page_stays_small(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """100,000 characters make a page below 64 KiB that leads to the complete text."""
    words = " ".join(f"word{number}" for number in range(12_000))[:100_000]
    item_id = scribe.received(text=words)
    answer = await browse.get("/item", params={"id": item_id})
    page = read_html(answer.text)
    assert len(answer.content) < 65_536
    assert len(page.all(css="text")[0].text) < 1_600
    assert page.all("details")
    whole = next(a for a in page.all("a") if a.attributes["href"].startswith("/item/text"))
    complete = await browse.get(whole.attributes["href"])
    assert complete.text == words
    assert complete.headers["content-type"] == "text/plain; charset=utf-8"


async def test_an_inbox_of_very_long_texts_stays_small(
    scribe: Any, browse: httpx.AsyncClient
) -> None:
    """A page of 25 items of 100,000 characters each is below 128 KiB."""
    for number in range(25):
        scribe.received(f"support:ticket:{number}", "complaint " * 10_000, subject="x" * 1_000)
    assert len((await browse.get("/")).content) < 131_072


async def test_hidden_characters_are_counted_on_the_page(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """A reader is told that a text holds characters that cannot be seen."""
    scribe.received(text="pay\u200b \u202eme\u202c now")
    page = read_html((await browse.get("/item?id=support:ticket:1")).text)
    assert page.all(css="text")[0].text == "pay me now"
    assert "3 invisible characters in this text are not shown." in page.texts(css="note")


async def test_right_to_left_text_is_isolated(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Each customer text chooses its own direction and does not turn its surroundings."""
    scribe.received(subject="הזמנה כפולה", text="חויבתי פעמיים")
    page = read_html((await browse.get("/")).text)
    heading = next(e for e in page.all("bdi") if "הזמנה" in e.text)
    assert heading.attributes["dir"] == "auto"
    assert page.all(css="quote")[0].attributes["dir"] == "auto"
