from hypothesis import given
from hypothesis import strategies as st

from workers.streaming.engine.stream_time import event_moment, from_metadata, to_metadata

MOMENTS = st.integers(1, 4_000_000_000_000)


@given(event=MOMENTS, written=MOMENTS)
def test_a_date_in_the_future_counts_as_when_it_was_written(event: int, written: int) -> None:
    """An event never moves stream time past the moment its record was written."""
    assert event_moment(event, written) <= written
    assert event_moment(event, written) == event or event > written


@given(moment=MOMENTS)
def test_stream_time_survives_in_offset_metadata(moment: int) -> None:
    """What is written beside an offset is read again."""
    assert from_metadata(to_metadata(moment)) == moment


@given(text=st.text(max_size=20).filter(lambda text: not text.startswith("t=")))
def test_foreign_metadata_means_no_stream_time(text: str) -> None:
    """Metadata of another program starts stream time at 0."""
    assert from_metadata(text) == 0
