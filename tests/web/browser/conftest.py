"""A real server over a filled read model, and a real browser to look at it with."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from schemas.feedback import Channel, Customer, Kind, Match, Part, Score, Sentiment, Urgency
from schemas.notification import Outcome
from tests.own_ports import own_ports
from workers.letters.seam import LetterActions
from workers.web.runner import serve

SCRIPT = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; skips where there is none.

    Not for the whole session: while Playwright's synchronous side is open, an event loop runs
    in this thread, and asynchronous tests of other modules could not.
    """
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def letter_actions() -> LetterActions | None:
    """What the pages can do with dead letters; a test that acts brings its own."""
    return None


@pytest.fixture
def pages(make_app: Callable[..., FastAPI], letter_actions: LetterActions | None) -> Iterator[str]:
    """Address of a running server over the read model of the test."""
    port = own_ports()
    loop = asyncio.new_event_loop()
    stop, ready = asyncio.Event(), asyncio.Event()
    app = make_app(sample=True, letters=letter_actions)
    serving = serve(app, "127.0.0.1", port, stop=stop, ready=ready)
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,))
    thread.start()
    asyncio.run_coroutine_threadsafe(ready.wait(), loop).result(timeout=60)
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=60)
    loop.close()


@pytest.fixture
def story(scribe: Any) -> dict[str, str]:
    """A believable morning at an invented company, with a hostile ticket in it."""
    now = scribe.now
    customer = Customer(
        id="support:4711",
        name="Dana Whitfield",
        organization_name="Harbour Dental",
        tier="enterprise",
    )

    def item(  # noqa: PLR0917 - a table of items reads best without names
        number: int,
        minutes: int,
        subject: str,
        text: str,
        kind: Kind,
        area: str | None,
        words: tuple[str, ...],
        **more: Any,
    ) -> str:
        at = now - timedelta(minutes=minutes)
        item_id = f"support:ticket:{35_000 + number}"
        received = {
            "url": f"https://larkfield.zendesk.com/agent/tickets/{35_000 + number}",
            "customer": customer,
            "attributes": {"status": "open", "priority": "high"},
            "tags": ("web", "annual-plan"),
        }
        scribe.received(
            item_id, text, subject=subject, at=at, **received | more.get("received", {})
        )
        matches = [
            Match(label=f"kind={kind.value}", rule=f"en.{kind.value}.words", words=tuple(words))
        ]
        if area:
            matches.append(
                Match(label=f"area={area}", rule=f"area.{area}", words=tuple(words[-1:]))
            )
        urgency = more.get("urgency", Urgency.NORMAL)
        if urgency is not Urgency.NORMAL:
            matches.append(
                Match(
                    label=f"urgency={urgency.value}",
                    rule="signal.priority",
                    reason="the tool's priority is urgent",
                )
            )
        scribe.classified(
            item_id,
            kind=kind,
            area=area,
            matches=tuple(matches),
            urgency=urgency,
            sentiment=more.get("sentiment", Sentiment.NEGATIVE),
            language=more.get("language", "en"),
            at=at,
        )
        owner, team = {
            "billing": ("maya", "payments"),
            "scheduling": ("jonas", None),
            "app": ("priya", "mobile"),
            None: (None, None),
        }[area]
        reason = f"kind = {kind.value}" + (f" and area = {area}" if area else "")
        scribe.routed(
            item_id,
            owner=owner,
            team=team,
            announced=more.get("announced", True),
            due_at=at + timedelta(hours=8) if urgency is Urgency.CRITICAL else None,
            reason=reason,
            at=at,
        )
        return item_id

    first = item(
        1, 4, "Charged twice for March",
        "Hi team, our card was charged twice for the March invoice, once on the 3rd and again on "
        "the 5th. Please refund one of the two payments and tell us how to keep this from "
        "happening again; our bookkeeper is not amused.",
        Kind.BUG, "billing", ("charged twice", "invoice"), urgency=Urgency.CRITICAL,
    )  # fmt: skip
    scribe.received(
        first, "It has happened again this morning. Is anybody reading this?",
        part=Part.COMMENT, part_id="comment-9", at=now - timedelta(minutes=2),
    )  # fmt: skip
    scribe.requested(
        "m1", first, title="Critical bug in Billing", mention="maya", at=now - timedelta(minutes=4)
    )
    scribe.settled("m1", first, at=now - timedelta(minutes=3))
    scribe.requested(
        "m1b",
        first,
        title="Critical bug in Billing",
        receiver="escalations",
        at=now - timedelta(minutes=4),
    )
    scribe.settled(
        "m1b", first, receiver="escalations", outcome=Outcome.FAILED, attempts=3,
        reason="Slack answered channel_not_found: invite the bot to #escalations, or correct "
        "the channel in routes.yaml.",
        at=now - timedelta(minutes=3),
    )  # fmt: skip
    item(
        2, 26, "Could recurring shifts skip public holidays?",
        "We plan four weeks ahead and have to delete every shift that falls on a holiday by hand. "
        "It would be great if recurring shifts could skip them.",
        Kind.FEATURE_REQUEST, "scheduling", ("would be great", "recurring shifts"),
        sentiment=Sentiment.NEUTRAL,
    )  # fmt: skip
    item(
        3, 55, "Die App stürzt beim Öffnen ab",
        "Seit dem letzten Update stürzt die App auf meinem Pixel sofort ab. Neu installieren "
        "hilft nicht.",
        Kind.BUG, "app", ("stürzt", "App"), language="de", urgency=Urgency.HIGH,
    )  # fmt: skip
    item(
        4, 130, "",
        "How do I move one employee from the Lyon office to Berlin without losing the hours?",
        Kind.QUESTION, "scheduling", ("How do I",), sentiment=Sentiment.NEUTRAL,
    )  # fmt: skip
    item(
        5, 190, "Thank you!", "The new week view saves me an hour every Monday. Love it.",
        Kind.PRAISE, None, ("Love it",), sentiment=Sentiment.POSITIVE,
        received={"score": Score.of(10, 0, 10, "nps_0_10"), "channel": Channel.SURVEY},
    )  # fmt: skip
    item(
        6, 260, f"Broken page {SCRIPT}", f"{SCRIPT}\u202eesrever\u202c and\u200b {'long ' * 900}",
        Kind.COMPLAINT, "app", ("reverse", "<script>"),
        received={"url": "javascript:window.pwned=1"},
    )  # fmt: skip
    item(
        7, 60 * 24 * 40, "הזמנה כפולה", "חויבתי פעמיים עבור אותה חשבונית, נא להחזיר את הכסף",
        Kind.COMPLAINT, "billing", ("פעמיים",), language="he", announced=False,
    )  # fmt: skip
    scribe.received(
        "support:ticket:35100",
        "Just arrived, nobody has looked at it.",
        subject="New here",
        at=now - timedelta(minutes=1),
        url="https://larkfield.zendesk.com/agent/tickets/35100",
    )
    for number in range(30):
        item(
            200 + number,
            400 + number * 37,
            f"Refund for invoice {4_100 + number}",
            "Please refund this invoice, we cancelled in time.",
            Kind.COMPLAINT,
            "billing",
            ("refund", "invoice"),
        )
    scribe.checkpoint("support", at=now - timedelta(seconds=20))
    scribe.checkpoint(
        "reviews", vendor="zendesk", status="stopped", at=now - timedelta(hours=3),
        remedy="Zendesk answered 401: the token is not accepted. Make a new one (Admin Centre, "
        "Apps and integrations, API tokens) and set ZENDESK_TOKEN.",
        next_pull_at=None,
    )  # fmt: skip
    letter = scribe.dead(
        value=b'{"id": 7, "score": 14, "comment": "<script>alert(1)</script>"}',
        at=now - timedelta(minutes=50),
    )
    binary = scribe.dead(
        "not UTF-8 at byte 0", value=bytes(range(256)) * 4, at=now - timedelta(minutes=70)
    )
    return {"item": first, "hostile": "support:ticket:35006", "letter": letter, "binary": binary}
