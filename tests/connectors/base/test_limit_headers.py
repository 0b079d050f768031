"""What vendors say about limits in headers."""

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.http.budget import Allowance
from connectors.base.http.limits import FieldHeader, NamedHeaders, retry_after

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "93"}, 93.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-4"}, 0.0),
        ({"Retry-After": "Tue, 10 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Tue, 10 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """Both forms of RFC 9110 are read; nonsense is as good as absent."""
    assert retry_after(httpx.Headers(headers), NOW) == seconds


def test_a_date_is_measured_by_the_vendors_own_clock() -> None:
    """A vendor whose clock is an hour ahead still asks for thirty seconds."""
    headers = httpx.Headers(
        {
            "Date": "Tue, 10 Mar 2026 13:00:00 GMT",
            "Retry-After": "Tue, 10 Mar 2026 13:00:30 GMT",
        }
    )
    assert retry_after(headers, NOW) == 30.0


def test_named_headers_take_a_reset_as_duration_or_as_moment() -> None:
    """A reset of 12 is in twelve seconds; 1773144012 is a moment."""
    named = NamedHeaders("x-limit", "x-left", "x-reset")
    moment = str(int(NOW.timestamp()) + 12)
    for reset in ("12", moment):
        headers = httpx.Headers({"X-Limit": "100", "X-Left": "7", "X-Reset": reset})
        assert named.read(headers, NOW) == Allowance(100, 7, 12.0)
    assert named.read(httpx.Headers({"X-Reset": "12"}), NOW) is None


def test_a_header_of_fields_is_found_by_its_beginning() -> None:
    """``total=10; remaining=9; resets=41`` under any endpoint's name."""
    header = FieldHeader("zendesk-ratelimit-incremental")
    headers = httpx.Headers(
        {"Zendesk-RateLimit-Incremental-Exports-Cursor": "total=10; remaining=9; resets=41"}
    )
    assert header.read(headers, NOW) == Allowance(10, 9, 41.0)
    assert header.read(httpx.Headers({}), NOW) is None


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_no_header_breaks_reading(value: str) -> None:
    """Whatever printable text stands in the headers, reading them raises nothing."""
    headers = httpx.Headers({"Retry-After": value, "X-Left": value, "Z-Limits": value})
    retry_after(headers, NOW)
    NamedHeaders(None, "x-left", "x-left").read(headers, NOW)
    FieldHeader("z-limits").read(headers, NOW)
