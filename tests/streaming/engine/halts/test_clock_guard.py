"""Records from the future halt a task before they can move its stream time."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.processor import Record
from workers.streaming.engine.halts.clock_guard import ClockAheadError, check_dates
from workers.streaming.engine.stream_time import event_moment, from_metadata, to_metadata

WALL = 1_790_000_000_000
"""2026-09-21 14:13:20 UTC."""
HOUR = 3_600_000
MINUTE = 60_000


def dated(offset: int, timestamp: int) -> Record:
    """A record of this date."""
    return Record("feedback.item.received.v1", 2, offset, b"k", b"v", timestamp, ())


@given(st.lists(st.integers(0, WALL + HOUR + MINUTE)))
@example([WALL + HOUR + MINUTE])
def test_what_a_broker_takes_passes(times: list[int]) -> None:
    """However old, and up to an hour ahead of the broker, whose clock may differ by a minute."""
    check_dates([dated(offset, time) for offset, time in enumerate(times)], WALL)


@given(st.integers(WALL + HOUR + MINUTE + 1, 1 << 62), st.integers(0, 5))
def test_a_record_from_the_future_halts_wherever_it_stands(ahead: int, place: int) -> None:
    """The first one is named."""
    times = [WALL] * 6
    times[place] = ahead
    with pytest.raises(ClockAheadError, match=f"received.v1 partition 2 offset {place} is dated"):
        check_dates([dated(offset, time) for offset, time in enumerate(times)], WALL)


def test_the_message_names_both_times_and_the_remedy() -> None:
    """Which clock is wrong a person decides: the reason has the place, both dates, and NTP."""
    with pytest.raises(ClockAheadError) as caught:
        check_dates([dated(7, 4_070_908_800_000)], WALL)
    assert "offset 7 is dated 2099-01-01 00:00:00 UTC" in str(caught.value)
    assert "this machine's clock says 2026-09-21 14:13:20 UTC" in str(caught.value)
    assert "NTP" in caught.value.remedy
    assert "productops offsets reset" in caught.value.remedy


@given(st.integers(0, WALL), st.integers(0, WALL), st.integers(1, WALL))
def test_a_clock_that_jumps_back_harms_nothing(kept: int, event: int, written: int) -> None:
    """A writer's, that is: earlier dates pass, and stream time stays what it was, a maximum."""
    check_dates([dated(0, written)], WALL)
    now = max(from_metadata(to_metadata(kept)), event_moment(event, written))
    assert now >= kept
    assert now == kept or now <= written
