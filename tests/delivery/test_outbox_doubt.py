"""Messages of which nobody knows whether they arrived."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.destinations.contract import Attempt, Verdict
from schemas.notification import Outcome as Ending
from tests.delivery.ledger import DELIVERED, RETRY, UNKNOWN, Ledger

DAY = 86_400_000

Make = Callable[..., Any]


def test_an_attempt_that_never_ended_leaves_doubt(ledger: Ledger, make_request: Make) -> None:
    """A second start without an end says that somebody may have called and crashed."""
    ledger.take(make_request("m"))
    ledger.start()
    assert ledger.row().doubt is False
    ledger.start()
    row = ledger.row()
    assert (row.doubt, row.attempts, row.first_attempt_at) == (True, 2, ledger.now)


def test_silence_leaves_doubt_until_the_destination_denies_it(
    ledger: Ledger, make_request: Make
) -> None:
    """No answer: in doubt. Asked and surely absent before the next failure: no longer."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.end(UNKNOWN)
    assert ledger.row().doubt is True
    assert ledger.row().next_at >= ledger.now + 15_000
    ledger.start()
    ledger.end(RETRY)
    assert ledger.row().doubt is True
    ledger.start()
    ledger.end(RETRY, absent=True)
    assert ledger.row().doubt is False


def test_a_silent_destination_gets_one_marked_repeat_an_attempt(
    clock: Any, make_request: Make
) -> None:
    """Where nothing can be asked, repeats end with the attempts, and the doubt is told."""
    ledger = Ledger(clock.millis(), attempts=3)
    ledger.take(make_request("m"))
    ledger.start()
    ledger.end(UNKNOWN)
    for _ in range(2):
        ledger.start()
        ledger.end(UNKNOWN, repeat=True)
    assert ledger.said == []
    ledger.start()
    assert ledger.row().ask_only is True
    ledger.end(Attempt(Verdict.RETRY))
    (said,) = ledger.said
    assert (said.outcome, said.repeated, said.attempts) == (Ending.FAILED, True, 3)
    assert "may have arrived" in said.reason


@pytest.mark.parametrize(
    ("found", "ending"),
    [(DELIVERED, Ending.DELIVERED), (RETRY, Ending.FAILED), (UNKNOWN, Ending.FAILED)],
)
def test_what_is_in_doubt_at_the_end_is_asked_about_once_more(
    clock: Any, make_request: Make, found: Attempt, ending: Ending
) -> None:
    """Attempts used up in doubt: one more turn only to ask, which sends and counts nothing."""
    ledger = Ledger(clock.millis(), attempts=1)
    ledger.take(make_request("m"))
    ledger.start()
    ledger.end(UNKNOWN)
    assert ledger.said == []
    ledger.start()
    assert (ledger.row().ask_only, ledger.row().attempts) == (True, 1)
    ledger.end(found, absent=found is RETRY)
    (said,) = ledger.said
    assert (said.outcome, said.attempts) == (ending, 1)
    assert ("may have arrived" in said.reason) == (found is UNKNOWN)


def test_a_message_left_in_the_middle_for_too_long_is_only_asked_about(
    ledger: Ledger, make_request: Make
) -> None:
    """After a crash and a long night it is asked whether it arrived, and nothing is sent."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.now += 2 * DAY
    ledger.start()
    assert ledger.row().ask_only is True
    ledger.end(Attempt(Verdict.RETRY), absent=True)
    assert ledger.said[0].outcome is Ending.EXPIRED
    assert "may have arrived" not in ledger.said[0].reason
