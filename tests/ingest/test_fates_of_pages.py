"""What a page tells the fuse."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from connectors.base.contract import Page
from tests.ingest.scripts import bad, page
from workers.ingest.fates import fates


def of(events: int, dead: int) -> Page:
    """A page of so many events and dead records."""
    return page("support", 1, *range(events), dead=[bad(str(number)) for number in range(dead)])


@given(st.integers(0, 40), st.integers(0, 40))
def test_each_record_has_a_fate_and_the_dead_stand_apart(events: int, dead: int) -> None:
    """As many as there are; no more in a row than an even spread makes."""
    told = fates(of(events, dead))
    assert (len(told), sum(told)) == (events + dead, dead)
    runs = [len(list(run)) for died, run in groupby(told) if died]
    assert max(runs, default=0) <= -(-dead // max(1, events)) + 1


def test_a_page_without_an_event_is_one_run() -> None:
    """And goes on in the next one."""
    assert fates(of(0, 3)) == [True, True, True]
