"""The two kinds of incremental export, as pure functions."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.zendesk.exports import (
    BadCursorError,
    Position,
    cursor_page,
    time_page,
)

RECORDS = st.lists(
    st.tuples(st.integers(1_000, 1_030), st.integers(1, 60)), unique_by=lambda r: r[1]
).map(sorted)


@given(records=RECORDS, size=st.integers(1, 7), data=st.data())
def test_following_the_cursor_meets_every_record(
    records: list[tuple[int, int]], size: int, data: st.DataObject
) -> None:
    """Whatever the page size, all records come in order, those listed twice exactly twice."""
    ids = [record[1] for record in records]
    some = st.frozensets(st.sampled_from(ids)) if ids else st.just(frozenset[int]())
    twice, gaps = data.draw(some), data.draw(some)
    met: list[tuple[int, int]] = []
    empty = 0
    after, end = Position(0, 0), False
    while not end:
        page = cursor_page(records, after, size=size, key=lambda r: r, twice=twice, gaps=gaps)
        assert len(set(page.records)) <= size
        met += page.records
        empty += not page.records
        assert page.after is not None
        after, end = Position.decode(page.after.encode()), page.end
    expected = [record for record in records for _ in range(1 + (record[1] in twice))]
    assert met == expected
    # one empty page behind each gap that is not the last record, and one at the end of nothing
    last = {records[-1][1]} if records else set()
    assert empty == len(gaps - last) + (not records)


def test_an_empty_page_before_the_end_says_so() -> None:
    """Behind a gap comes a page without records that is not the end."""
    records = [(1, 1), (2, 2)]
    first = cursor_page(records, Position(0, 0), size=9, key=lambda r: r, gaps=frozenset({1}))
    assert (first.records, first.end) == ([(1, 1)], False)
    assert first.after is not None
    gap = cursor_page(records, first.after, size=9, key=lambda r: r, gaps=frozenset({1}))
    assert (gap.records, gap.end) == ((), False)
    assert gap.after != first.after


@pytest.mark.parametrize("cursor", ["", "x", "MTIz", "8J+Zgg==", "MXwyfDN8NA=="])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    """What is no cursor of ours is refused and not guessed at."""
    with pytest.raises(BadCursorError):
        Position.decode(cursor)


@given(records=RECORDS, size=st.integers(1, 7))
def test_following_the_time_meets_every_record_and_ends(
    records: list[tuple[int, int]], size: int
) -> None:
    """A time-based export meets everything, repeats only whole seconds, and never loops."""
    met: list[tuple[int, int]] = []
    borders: list[int] = []
    start, end = 0, False
    while not end:
        page = time_page(records, start, size=size, at=lambda r: datetime.fromtimestamp(r[0], UTC))
        met += page.records
        assert page.end or page.end_time > start
        start, end = page.end_time, page.end
        borders += [] if end else [start]
    # a record comes once, and once more for each page that ended in its second
    expected = Counter({record: 1 + borders.count(record[0]) for record in records})
    assert Counter(met) == expected


def test_time_export_repeats_the_last_second() -> None:
    """The second at which a page ended is served again by the next."""
    records = [(10, 1), (11, 2), (12, 3)]
    first = time_page(records, 0, size=2, at=lambda r: datetime.fromtimestamp(r[0], UTC))
    second = time_page(
        records, first.end_time, size=2, at=lambda r: datetime.fromtimestamp(r[0], UTC)
    )
    assert first.records == [(10, 1), (11, 2)]
    assert second.records == [(11, 2), (12, 3)]
