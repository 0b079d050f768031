"""The platform on real brokers while it is killed, frozen, starved and cut off."""

import pytest

from tests.integration.chaos.judging.verdict import NotRun, Outcomes
from tests.integration.chaos.plan import FULL, RANDOM_KILLS


@pytest.mark.kafka
@pytest.mark.slow
def test_nothing_is_lost_or_doubled(fault: str, outcomes: Outcomes) -> None:
    """After a fault, outputs, state and dead letters are those of an undisturbed run, lag 0."""
    outcome = outcomes[fault]
    if isinstance(outcome, NotRun):
        pytest.skip(outcome.reason)
    if isinstance(outcome, BaseException):
        raise outcome
    assert outcome.wrong() == []
    assert outcome.kills == RANDOM_KILLS.get(fault, outcome.kills), "not every kill was carried out"


def test_the_full_form_kills_fifty_times_at_random() -> None:
    """Its rows with kills at random come to fifty; each of them fails without all of its own."""
    assert sum(RANDOM_KILLS.get(name, 0) for name in FULL) == 50
