"""When to try again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.delivery.policy import DOUBT_WAIT_MS, wait_ms


def test_back_off_grows_from_seconds_to_an_hour() -> None:
    """Each wait lies in the upper half of four times the last, from five seconds to an hour."""
    low, high = 2_500, 5_000
    for attempt in range(1, 20):
        assert low <= wait_ms("m-1", attempt) <= high
        low, high = min(low * 4, 1_800_000), min(high * 4, 3_600_000)


def test_the_usual_number_of_attempts_outlasts_an_outage_of_an_hour() -> None:
    """Eight attempts have seven waits between them, together more than an hour."""
    for number in range(50):
        assert sum(wait_ms(f"m-{number}", attempt) for attempt in range(1, 8)) > 3_600_000


def test_messages_that_failed_together_do_not_return_together() -> None:
    """Different messages wait differently, the same message always the same."""
    waits = [wait_ms(f"m-{number}", 5) for number in range(50)]
    assert len(set(waits)) > 40
    assert waits == [wait_ms(f"m-{number}", 5) for number in range(50)]


@pytest.mark.parametrize(
    ("asked", "least"), [(7.5, 7_500), (1_800.0, 1_800_000), (1e12, 3_600_000)]
)
def test_a_destinations_wish_to_wait_is_honoured_up_to_an_hour(asked: float, least: int) -> None:
    """``Retry-After`` is a lower bound, an absurd one counts as an hour."""
    assert wait_ms("m-1", 1, asked=asked) == least


def test_doubt_waits_long_enough_for_a_late_arrival_to_show() -> None:
    """After an attempt without an answer the next one waits at least a quarter of a minute."""
    assert wait_ms("m-1", 1, doubt=True) == DOUBT_WAIT_MS == 15_000


@given(st.text(max_size=40), st.integers(1, 10_000), st.none() | st.floats(0, 1e9))
def test_a_wait_is_positive_and_bounded(message_id: str, attempt: int, asked: float | None) -> None:
    """No id, number or wish makes a wait of nothing or of more than an hour."""
    assert 2_500 <= wait_ms(message_id, attempt, asked=asked) <= 3_600_000
