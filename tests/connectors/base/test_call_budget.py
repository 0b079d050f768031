"""A vendor's limit of calls as a value."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.base.http.budget import Allowance, Budget


def test_calls_within_the_limit_do_not_wait() -> None:
    """Ten calls at once are allowed by ten a minute, the eleventh waits until the first is old."""
    budget = Budget(10, 60.0)
    for _ in range(10):
        assert budget.wait(100.0) == 0.0
        budget = budget.spend(100.0)
    assert budget.left(100.0) == 0
    assert budget.wait(100.0) == 60.0
    assert budget.wait(130.0) == 30.0
    assert budget.wait(160.0) == 0.0


@given(
    st.integers(1, 12),
    st.floats(1.0, 90.0),
    st.lists(st.floats(0.0, 30.0), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more_calls_than_allowed(
    calls: int, window: float, pauses: list[float]
) -> None:
    """Whoever waits as told never makes more than ``calls`` calls within any ``window``."""
    budget, now, made = Budget(calls, window), 0.0, []
    for pause in pauses:
        now += pause
        now += budget.wait(now)
        budget = budget.spend(now)
        made.append(now)
    for start in made:
        inside = [moment for moment in made if start <= moment < start + window - 1e-6]
        assert len(inside) <= calls


def test_the_vendor_counts_the_calls_of_others() -> None:
    """What the vendor says is left counts, if it is less than we believed."""
    budget = Budget(10, 60.0).spend(0.0).told(Allowance(limit=10, remaining=2), 1.0)
    assert budget.left(1.0) == 2


def test_the_vendor_is_not_believed_when_it_allows_more_than_its_limit() -> None:
    """A generous remainder does not undo what we have counted ourselves."""
    budget = Budget(2, 60.0).spend(0.0).spend(0.0).told(Allowance(remaining=50), 1.0)
    assert budget.left(1.0) == 0


def test_nothing_left_waits_for_the_reset() -> None:
    """Remaining 0 closes the budget until the moment of the reset."""
    budget = Budget(10, 60.0).told(Allowance(limit=10, remaining=0, reset_in=41.0), 100.0)
    assert budget.wait(101.0) == 40.0
    assert budget.wait(141.0) == 0.0


def test_the_vendors_limit_replaces_the_documented_one() -> None:
    """A plan with more calls is used as soon as a response tells of it; nonsense is not."""
    assert Budget(200, 60.0).told(Allowance(limit=700, remaining=699), 0.0).left(0.0) == 699
    assert Budget(200, 60.0).told(Allowance(limit=0), 0.0).left(0.0) == 200
