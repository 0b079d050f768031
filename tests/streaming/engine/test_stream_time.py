from hypothesis import given
from hypothesis import strategies as st

from workers.processor import Record
from workers.streaming.engine.stream_time import (
    event_moment,
    from_metadata,
    latest_moment,
    to_metadata,
)

MOMENTS = st.integers(1, 4_000_000_000_000)


@given(event=MOMENTS, written=MOMENTS)
def test_a_date_in_the_future_counts_as_when_it_was_written(event: int, written: int) -> None:
    """An event never moves stream time past the moment its record was written."""
    assert event_moment(event, written) <= written
    assert event_moment(event, written) == event or event > written


@given(
    pairs=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=6),
    now=st.integers(0, 9),
)
def test_stream_time_after_a_chunk_is_that_after_its_events_one_by_one(
    pairs: list[tuple[int, int]], now: int
) -> None:
    """Each event moves it forward as far as it may, in whatever order, and never back."""
    after = now
    for event, written in pairs:
        after = max(after, event_moment(event, written))
    records = [Record("input", 0, 0, None, None, written) for _, written in pairs]
    assert latest_moment([event for event, _ in pairs], records, now) == after


@given(moment=MOMENTS)
def test_stream_time_survives_in_offset_metadata(moment: int) -> None:
    """What is written beside an offset is read again."""
    assert from_metadata(to_metadata(moment)) == moment


@given(text=st.text(max_size=20).filter(lambda text: not text.startswith("t=")))
def test_foreign_metadata_means_no_stream_time(text: str) -> None:
    """Metadata of another program starts stream time at 0."""
    assert from_metadata(text) == 0
