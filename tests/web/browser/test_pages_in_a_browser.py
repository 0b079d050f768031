"""The pages in a real browser: nothing foreign runs, everything can be used and read."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


def addresses(story: dict[str, str]) -> list[str]:
    """Every kind of page."""
    return [
        "/",
        "/?q=zzz",
        "/?owner=maya&kind=bug",
        f"/item?id={story['item']}",
        f"/item?id={story['hostile']}",
        "/messages",
        "/sources",
        "/dead-letters",
        f"/dead-letter?id={story['letter']}",
        f"/dead-letter?id={story['binary']}",
    ]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A window that notes every error, violation of the policy and foreign request."""
    context = browser.new_context(viewport={"width": 1_280, "height": 860})
    opened = context.new_page()

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    opened.on("console", said)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request",
        lambda request: complaints.append(request.url) if "127.0.0.1" not in request.url else None,
    )
    yield opened
    context.close()


def test_no_page_makes_the_browser_complain(
    pages: str, story: dict[str, str], page: Page, complaints: list[str]
) -> None:
    """No error, no warning, no violation of the policy, no request to anybody else."""
    for address in addresses(story):
        answer = page.goto(pages + address)
        assert answer is not None
        assert answer.ok
        page.wait_for_load_state("networkidle")
    assert complaints == []


def test_hostile_text_does_not_run(pages: str, story: dict[str, str], page: Page) -> None:
    """Scripts and handlers in a ticket are words on the page and nothing more."""
    for address in addresses(story):
        page.goto(pages + address)
        assert page.evaluate("window.pwned === undefined")
        assert page.locator("img").count() == 0
    page.goto(f"{pages}/item?id={story['hostile']}")
    assert "<script>window.pwned = 1</script>" in page.locator("h1").inner_text()
    assert page.locator('a[href^="javascript"]').count() == 0


@pytest.mark.usefixtures("story")
def test_everything_works_without_javascript(pages: str, browser: Browser) -> None:
    """Filtering, following an item and coming back need no script."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages)
    page.get_by_label("Owner").select_option("jonas")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/?*owner=jonas*")
    expect(page.locator(".item")).to_have_count(2)
    page.get_by_role("link", name="Could recurring shifts skip public holidays?").click()
    assert page.locator(".verdict").inner_text().startswith("It went to Jonas Weber")
    page.get_by_role("link", name="Inbox", exact=True).click()
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**/?*after=*")
    context.close()


@pytest.mark.usefixtures("story")
def test_the_inbox_can_be_used_by_keyboard_alone(pages: str, page: Page) -> None:
    """Skip link, search, choice, Enter; then j and k from item to item, Enter opens one."""
    page.goto(pages)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("invoice")
    page.keyboard.press("Tab")
    page.keyboard.type("Maya")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**owner=maya**")
    assert page.url.endswith("/?q=invoice&owner=maya")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == first == "Charged twice for March"
    page.keyboard.press("Enter")
    page.wait_for_url("**/item?id=**")
    assert page.locator("h1").inner_text() == "Charged twice for March"


def test_focus_can_be_seen(pages: str, story: dict[str, str], page: Page) -> None:
    """Whatever the keyboard reaches shows an outline of at least two pixels."""
    for address in addresses(story):
        page.goto(pages + address)
        for _ in range(12):
            page.keyboard.press("Tab")
            outline = page.evaluate(
                """() => {
                  const s = getComputedStyle(document.activeElement);
                  const width = parseFloat(s.outlineWidth);
                  return [document.activeElement.tagName, s.outlineStyle, width];
                }"""
            )
            assert outline[0] == "BODY" or (outline[1] != "none" and outline[2] >= 2), outline


def test_the_detail_explains_itself(pages: str, story: dict[str, str], page: Page) -> None:
    """Who, why, by which words and rule, through which route, and what became of the message."""
    page.goto(f"{pages}/item?id={story['item']}")
    told = page.locator("section", has_text="Why it went where it went").first.inner_text()
    for words in (
        "Maya Lindqvist",
        "kind = bug",
        "charged twice",
        "en.bug.words",
        "billing bugs",
        "Delivered",
        "invite the bot to #escalations",
    ):
        assert words in told


def test_new_items_are_announced_not_forced(
    pages: str, story: dict[str, str], scribe: Any, page: Page
) -> None:
    """An open inbox offers what is new and changes only when the reader asks."""
    assert story
    page.clock.install()
    page.goto(pages)
    scribe.received("support:ticket:99999", subject="Brand new", at=scribe.now)
    page.clock.fast_forward(6_000)
    offer = page.get_by_role("link", name="There are new items. Show them")
    offer.wait_for()
    assert page.get_by_text("Brand new").count() == 0
    offer.click()
    page.get_by_text("Brand new").wait_for()


def test_a_phone_needs_no_sideways_scrolling(
    pages: str, story: dict[str, str], browser: Browser
) -> None:
    """At 390 pixels nothing is wider than the screen, and what is touched is large enough."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page = context.new_page()
    for address in addresses(story):
        page.goto(pages + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
        small = page.evaluate(
            """() => [...document.querySelectorAll('nav a, button, select, input, summary')]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24)
            .map((e) => e.outerHTML)"""
        )
        assert small == []
    page.goto(pages)
    assert not page.get_by_label("Owner").is_visible()
    page.locator("summary", has_text="Filters").tap()
    assert page.get_by_label("Owner").is_visible()
    context.close()


def test_the_filters_stand_open_on_a_wide_screen(
    pages: str, story: dict[str, str], page: Page
) -> None:
    """Beside the list the filters are simply there."""
    assert story
    page.goto(pages)
    assert page.get_by_label("Owner").is_visible()
    assert not page.locator("summary", has_text="Filters").is_visible()
