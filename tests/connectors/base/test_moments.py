"""Times as vendors write them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import DataError
from connectors.base.moments import SKEW, not_ahead, parse_moment

NOON = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-10T12:00:00Z",
        "2026-03-10T12:00:00.000000000Z",
        "2026-03-10T13:00:00+01:00",
        "2026-03-10 12:00:00",
        " 2026-03-10T12:00:00Z ",
        "1773144000",
        "1773144000.0",
        1773144000,
        1773144000000,
        "1773144000000",
        NOON,
    ],
)
def test_the_same_moment_in_many_hands(written: object) -> None:
    """ISO 8601 with or without a zone, seconds and milliseconds all mean noon."""
    assert parse_moment(written, "created_at") == NOON


def test_a_zone_and_a_form_of_ones_own() -> None:
    """A time without a zone is in the given zone; a form replaces the guess."""
    berlin = ZoneInfo("Europe/Berlin")
    assert parse_moment("10.03.2026 13:00", "t", form="%d.%m.%Y %H:%M", zone=berlin) == NOON
    assert parse_moment("20260310", "t") == NOON.replace(hour=0)


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2026-13-40", None, True, "nan", "inf", "1e300", -5, "0001-01-01", []],
)
def test_what_is_no_time_is_named_by_its_field(written: object) -> None:
    """Nonsense is a DataError that names the field."""
    with pytest.raises(DataError, match="created_at"):
        parse_moment(written, "created_at")


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_no_value_breaks_reading(value: object) -> None:
    """Whatever is there, the answer is a moment or a DataError."""
    with suppress(DataError):
        assert parse_moment(value, "t").tzinfo is UTC


def test_a_clock_that_runs_fast_is_now_and_next_year_is_refused() -> None:
    """Up to a day ahead counts as now; beyond, the record is wrong."""
    assert not_ahead(NOON - timedelta(days=900), "t", NOON) == NOON - timedelta(days=900)
    assert not_ahead(NOON + timedelta(minutes=10), "t", NOON) == NOON
    assert not_ahead(NOON + SKEW, "t", NOON) == NOON
    with pytest.raises(DataError, match="created_at lies in the future"):
        not_ahead(NOON + SKEW + timedelta(seconds=1), "created_at", NOON)
