"""A real browser sends the forms of a dead letter, with and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from schemas.platform import Origin
from schemas.topics import RECEIVED
from tests.web.browser.test_accessibility import STRUCTURE
from tests.web.pages.test_letter_forms import Recorder
from workers.letters.seam import Reason, Sweep

pytestmark = pytest.mark.browser


@pytest.fixture
def letter_actions() -> Recorder:
    """What the pages act through."""
    return Recorder()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_replays_and_drops(
    browser: Browser, scribe: Any, pages: str, letter_actions: Recorder, *, scripts: bool
) -> None:
    """The content policy and the check of where forms come from let our own forms through."""
    origin = Origin(topic=RECEIVED.name, partition=2, offset=41)
    scribe.dead("no score", origin=origin, letter_id="one")
    tab = browser.new_context(java_script_enabled=scripts).new_page()
    for button, said in (("Replay", "Replayed."), ("Drop for good", "Dropped.")):
        tab.goto(f"{pages}/dead-letters")
        tab.get_by_role("link", name="no score").click()
        if button != "Replay":
            tab.get_by_text("Drop it").click()
        tab.get_by_role("button", name=button).click()
        assert tab.get_by_role("status").inner_text().startswith(said)
    assert [action for action, _ in letter_actions.asked] == ["replay", "drop"]
    tab.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_replays_all_that_match_by_keyboard(
    browser: Browser, scribe: Any, pages: str, letter_actions: Recorder, *, scripts: bool
) -> None:
    """Filter, question and answer need neither a mouse nor a script."""
    letter_actions.swept = Sweep(2, (Reason("it is too old", 1, forceable=True),))
    origin = Origin(topic=RECEIVED.name, partition=2, offset=41)
    scribe.dead("no score", origin=origin, letter_id="one", key=b"item 7")
    tab = browser.new_context(java_script_enabled=scripts).new_page()
    tab.goto(f"{pages}/dead-letters")
    tab.get_by_label("Key, exactly").press_sequentially("item 7")
    tab.get_by_label("Key, exactly").press("Enter")
    tab.wait_for_url("**key=item*")
    assert tab.evaluate(STRUCTURE) == []
    tab.get_by_label("at most").press_sequentially("5")
    tab.get_by_role("button", name="Replay all").press("Enter")
    tab.wait_for_url("**/dead-letters/replay")
    assert tab.locator("h1").inner_text() == "Replay 2 dead letters?"
    assert tab.evaluate(STRUCTURE) == []
    tab.get_by_text("Replay it anyway").press("Enter")
    assert tab.get_by_role("button", name="refused ones too").is_visible()
    tab.get_by_role("button", name="Replay 2 dead letters").press("Enter")
    assert tab.get_by_role("status").inner_text().startswith("2 were replayed. One was refused")
    assert [chosen.key for _, chosen, _ in letter_actions.sweeps] == [b"item 7"] * 2
    assert [(how["limit"], how["dry_run"]) for _, _, how in letter_actions.sweeps] == [
        (5, True),
        (5, False),
    ]
    tab.context.close()


def test_a_form_of_another_site_is_refused(
    browser: Browser, scribe: Any, pages: str, letter_actions: Recorder
) -> None:
    """A page of somebody else that sends the form in the reader's name achieves nothing."""
    letter = scribe.dead("no score")
    tab = browser.new_context().new_page()
    tab.goto(f"{pages}/dead-letter?id={letter}")
    token = tab.locator("input[name=token]").first.get_attribute("value")
    tab.goto("about:blank")
    tab.set_content(
        f'<form method="post" action="{pages}/dead-letter/drop"><input name="token" '
        f'value="{token}"><input name="id" value="{letter}"><button>Win</button></form>'
    )
    tab.get_by_role("button").click()
    tab.wait_for_url("**/dead-letter/drop")
    assert tab.locator("h1").inner_text() == "This form was refused"
    assert letter_actions.asked == []
    tab.context.close()
