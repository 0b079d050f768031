"""Moments and spans in words."""

from datetime import UTC, datetime, timedelta

import pytest

from workers.web.text.moments import absolute, ago

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=45), "45 s ago"),
        (timedelta(minutes=90), "1 h ago"),
        (timedelta(days=6, hours=23), "6 d ago"),
        (timedelta(days=40), "31 Jan 2026"),
        (timedelta(minutes=-30), "in 30 min"),
        (timedelta(days=-3), "in 3 d"),
    ],
)
def test_a_distance_is_told_in_its_largest_unit(distance: timedelta, words: str) -> None:
    """Near moments are told as a distance, far ones as a date."""
    assert ago(NOW - distance, NOW) == words


def test_a_moment_is_told_in_utc() -> None:
    """The exact moment never depends on the time zone of the server."""
    assert absolute(NOW) == "2026-03-12 10:30:00 UTC"
