"""The platform on real brokers while it is killed, frozen, starved and cut off."""

import pytest

from tests.integration.chaos.plan import Outcomes

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(3_600)]


def test_nothing_is_lost_or_doubled(fault: str, outcomes: Outcomes) -> None:
    """After a fault, outputs, state and dead letters are those of an undisturbed run, lag 0."""
    outcome = outcomes[fault]
    if isinstance(outcome, PermissionError):
        pytest.skip(f"a small disk cannot be mounted here: {outcome}")
    if isinstance(outcome, BaseException):
        raise outcome
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.outputs_equal
    assert outcome.state_equal
    assert outcome.letters_equal
    assert outcome.events > 0
