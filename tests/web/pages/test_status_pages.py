"""Sources, messages and dead letters."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from schemas.platform import ErrorClass
from schemas.topics import RECEIVED, ROUTED


def cells(page: Any) -> list[list[str]]:
    """The rows of the table, cell by cell, white space folded."""
    rows: list[list[str]] = []
    for element in page.elements:
        if element.tag == "tr":
            rows.append([])
        elif element.tag == "td":
            rows[-1].append(" ".join(element.text.split()))
    return [row for row in rows if row]


async def test_a_source_is_green_or_red_with_the_remedy(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Those that need a person come first; a working one shows its numbers."""
    scribe.checkpoint("support", at=scribe.now - timedelta(seconds=20))
    scribe.checkpoint("reviews", status="stopped", remedy="Renew the token.", next_pull_at=None)
    scribe.received("support:ticket:1")
    scribe.received("support:ticket:2")
    scribe.received("support:ticket:3", at=scribe.now - timedelta(days=1))
    scribe.dead()
    page = read_html((await browse.get("/sources")).text)
    reviews, history, support = cells(page)
    assert reviews[0] == "reviews Zendesk"
    assert reviews[1] == "Stopped Renew the token."
    assert reviews[4] == "none planned"
    assert history[1].startswith("Not read yet")
    assert "productops sources try history" in history[1]
    assert support[1:] == ["Working", "20 s ago", "20 s ago", "in 40 s", "2", "1"]
    assert "1 of 3 needs a person." in page.text(css="head")


async def test_records_that_were_never_read_are_told_where_there_are_any(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """What Kafka had removed before it was read is missing here: how much, of what, since when."""
    scribe.checkpoint("support")
    assert "Not everything was read" not in (await browse.get("/sources")).text
    scribe.gap(RECEIVED.name, 0, 10, 1_510)
    scribe.gap(RECEIVED.name, 1, 5, 10)
    scribe.gap(ROUTED.name, 0, 0, 3, at=scribe.now - timedelta(hours=2))
    page = read_html((await browse.get("/sources")).text)
    told = " ".join(page.text(css="gaps").split())
    assert f"up to 1,505 of {RECEIVED.name}, noticed now; up to 3 of {ROUTED.name}" in told
    assert "noticed 2 h ago." in told


@pytest.mark.parametrize(
    ("given", "late", "state"),
    [
        (
            {"status": "waiting", "remedy": "Zendesk asks to wait."},
            0,
            "Waiting Zendesk asks to wait.",
        ),
        (
            {},
            10,
            (
                "Silent The next poll is 9 min late: is the connectors role running? "
                "Start it with: productops run connectors"
            ),
        ),
        ({}, 2, "Working"),
        ({"next_pull_at": None}, 600, "Working"),
    ],
)
async def test_the_state_of_a_source_in_words(  # noqa: PLR0917 - fixtures and cases
    scribe: Any,
    browse: httpx.AsyncClient,
    clock: Any,
    read_html: Any,
    given: dict[str, Any],
    late: int,
    state: str,
) -> None:
    """Waiting says for what; one whose poll is overdue says that nobody reads it."""
    scribe.checkpoint("support", **given)
    clock.moment += timedelta(minutes=late)
    rows = cells(read_html((await browse.get("/sources")).text))
    assert next(row for row in rows if row[0].startswith("support"))[1] == state


async def test_a_message_that_failed_for_good_shows_its_remedy(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """All messages newest first, or those of one outcome, each linked to its item."""
    scribe.received()
    scribe.requested("m1", title="Bug in Billing", mention="maya")
    scribe.settled("m1")
    scribe.requested("m2", title="Bug in App", at=scribe.now + timedelta(seconds=1))
    scribe.settled("m2", outcome="failed", attempts=3, reason="Invite the bot to #app.")
    scribe.requested("m3", title="On its way", at=scribe.now + timedelta(seconds=2))
    page = read_html((await browse.get("/messages")).text)
    rows = cells(page)
    assert [row[0] for row in rows] == ["Under way", "Failed for good", "Delivered"]
    assert rows[1][1] == "Bug in App Invite the bot to #app."
    assert rows[1][4] == "3"
    assert rows[2][1] == "Bug in Billing for Maya Lindqvist"
    failed = read_html((await browse.get("/messages?outcome=failed")).text)
    assert len(cells(failed)) == 1
    link = next(a for a in failed.all("a") if "data-row-link" in a.attributes)
    assert (await browse.get(link.attributes["href"])).status_code == 200


async def test_a_message_known_only_by_its_end_is_listed(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """A failure is visible although the archive has not read the request."""
    scribe.settled("m9", about="support:ticket:9", outcome="failed", reason="Renew it.")
    rows = cells(read_html((await browse.get("/messages")).text))
    assert rows[0][:2] == ["Failed for good", "support:ticket:9 Renew it."]


async def test_dead_letters_are_listed_and_narrowed(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Reason, origin, stage, age and size; by source or topic."""
    scribe.dead("no score", source="support", at=scribe.now - timedelta(minutes=2))
    scribe.dead("bad bytes", b"\xff", source="reviews", error_class=ErrorClass.DECODE)
    rows = cells(read_html((await browse.get("/dead-letters")).text))
    assert rows[0] == [
        "Not an event of its topic bad bytes",
        f"{RECEIVED.name} record ticket/7 of reviews",
        "connectors",
        "now",
        "1 B",
    ]
    narrowed = await browse.get("/dead-letters", params={"source": "support"})
    assert [row[0] for row in cells(read_html(narrowed.text))] == [
        "Could not be translated no score"
    ]
    decode = await browse.get("/dead-letters", params={"error_class": "decode"})
    assert len(cells(read_html(decode.text))) == 1


async def test_a_dead_letter_is_shown_with_reason_origin_and_bytes(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Bytes that are no text are shown as hexadecimal; the advice fits the reason."""
    letter = scribe.dead("not UTF-8", bytes(range(32)), error_class=ErrorClass.DECODE)
    page = read_html((await browse.get("/dead-letter", params={"id": letter})).text)
    assert page.text("h1") == "Not an event of its topic"
    assert page.text(css="remedy") == "not UTF-8"
    assert page.all("pre")[0].text.splitlines()[1].startswith("00000010  10 11 12")
    assert f"Topic {RECEIVED.name} Source support Record ticket/7" in page.text(css="facts")


async def test_records_the_archive_could_not_take_up_are_named(
    scribe: Any, browse: httpx.AsyncClient
) -> None:
    """The dead-letter page also says what the pages themselves lack."""
    scribe.raw(RECEIVED.name, b"k", b"not json", scribe.now)
    text = (await browse.get("/dead-letters")).text
    assert "Records that this archive could not take up" in text
    assert "productops archive rebuild" in text


@pytest.mark.usefixtures("scribe")
async def test_empty_pages_say_why(browse: httpx.AsyncClient, read_html: Any) -> None:
    """No message, no dead letter: the page says what that means."""
    messages = read_html((await browse.get("/messages")).text)
    assert "live_since" in messages.text(css="empty")
    letters = read_html((await browse.get("/dead-letters")).text)
    assert "No open dead letters" in letters.text(css="empty")
    every = read_html((await browse.get("/dead-letters", params={"settled": "1"})).text)
    assert "No dead letters" in every.text(css="empty")
