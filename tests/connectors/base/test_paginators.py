"""Where the next page begins."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import ConfigurationError, TransientError
from connectors.base.paginators import CursorPages, LinkPages, NumberedPages, TimePages, windows

ZENDESK = CursorPages(cursor=("after_cursor",), end=("end_of_stream",))
META = CursorPages(cursor=("meta", "after"), more=("meta", "has_more"))
BARE = CursorPages(cursor=("next",))


def test_the_cursor_survives_the_end_of_the_stream() -> None:
    """At the end the last cursor is kept for the next pull."""
    assert ZENDESK.following({"after_cursor": "b", "end_of_stream": True}, "a") == ("b", True)
    assert ZENDESK.following({"after_cursor": None, "end_of_stream": True}, "a") == ("a", True)


def test_an_empty_page_is_not_the_end() -> None:
    """Only the vendor's word ends the stream."""
    body = {"tickets": [], "after_cursor": "b", "end_of_stream": False}
    assert ZENDESK.following(body, "a") == ("b", False)
    assert META.following({"meta": {"after": "b", "has_more": True}}, None) == ("b", False)
    assert META.following({"meta": {"after": "b", "has_more": False}}, "a") == ("b", True)
    assert BARE.following({"next": 7}, None) == ("7", False)
    assert BARE.following({}, "7") == ("7", True)


def test_a_cursor_that_does_not_move_ends_the_pull() -> None:
    """The same page is not asked for for ever."""
    assert ZENDESK.following({"after_cursor": "a", "end_of_stream": False}, "a") == ("a", True)


def test_a_page_without_end_and_cursor_is_asked_for_again() -> None:
    """Neither the end nor a way on: the answer was damaged."""
    with pytest.raises(TransientError):
        ZENDESK.following({"end_of_stream": False}, "a")
    with pytest.raises(TransientError):
        ZENDESK.following([], "a")


@pytest.mark.parametrize(
    "header",
    [
        '<https://api.example/items?page=2&per_page=50>; rel="next"',
        '</items?page=9>; rel="last", </items?page=2&per_page=50>; title="a, b"; rel="x next"',
        "<https://api.example/items?page=2&per_page=50>;rel=next",
    ],
)
def test_the_next_link_is_found_among_others(header: str) -> None:
    """Path and parameters of ``rel=next``, relative or absolute."""
    following = LinkPages("https://api.example").following({"link": header})
    assert following == ("/items", {"page": "2", "per_page": "50"})


def test_no_next_link_is_the_end() -> None:
    """Without a header, or with other relations only."""
    pages = LinkPages("https://api.example")
    assert pages.following({}) is None
    assert pages.following({"link": '</items?page=1>; rel="prev"'}) is None


@pytest.mark.parametrize(
    "target", ["https://evil.example/items", "http://api.example/items", "//evil.example/x"]
)
def test_a_link_to_another_host_is_refused(target: str) -> None:
    """Credentials do not follow a link elsewhere."""
    with pytest.raises(ConfigurationError):
        LinkPages("https://api.example").following({"link": f'<{target}>; rel="next"'})


@given(st.text(max_size=80))
def test_no_link_header_breaks_reading(header: str) -> None:
    """Whatever stands there, the answer is a next page, none, or a refusal."""
    with suppress(ConfigurationError, TransientError):
        LinkPages("https://api.example").following({"link": header})


def test_a_link_that_is_no_address_is_asked_for_again() -> None:
    """A damaged header is the vendor's trouble."""
    with pytest.raises(TransientError):
        LinkPages("https://api.example").following({"link": "<http://[x>; rel=next"})


def test_pages_by_number_end_with_one_that_is_not_full() -> None:
    """Or with the total, or at the last page the vendor serves."""
    pages = NumberedPages(size=50)
    assert pages.following(1, 50) == 2
    assert pages.following(2, 49) is None
    assert pages.following(1, 0, total=3) == 2
    assert pages.following(3, 50, total=3) is None
    assert NumberedPages(size=50, last=300).following(300, 50) is None
    assert NumberedPages(size=50, first=0).following(2, 50, total=3) is None


def test_a_pull_by_time_begins_a_little_before_its_bookmark() -> None:
    """By the overlap, yet never before the source's beginning, nor in the withheld minute."""
    times = TimePages(overlap=60, holdback=60)
    assert times.beginning(1_000, 0, 5_000) == 940
    assert times.beginning(1_000, 980, 5_000) == 980
    assert times.beginning(5_000, 0, 5_000) is None
    assert times.beginning(4_999, 0, 5_000) == 4_939


def test_a_page_by_time_names_the_next_start() -> None:
    """It ends with the vendor's word, in the withheld minute, or where it does not move."""
    times = TimePages(overlap=60, holdback=60)
    assert times.following(100, 200, ended=False, now=5_000) == (200, False)
    assert times.following(100, 200, ended=True, now=5_000) == (200, True)
    assert times.following(100, 100, ended=False, now=5_000) == (100, True)
    assert times.following(100, None, ended=False, now=5_000) == (100, True)
    assert times.following(100, 50, ended=False, now=5_000) == (100, True)
    assert times.following(100, 4_950, ended=False, now=5_000) == (4_950, True)


@given(st.integers(0, 10_000), st.integers(1, 500))
def test_windows_cover_the_time_without_gap_or_overlap(minutes: int, span: int) -> None:
    """Each begins where the one before ended, the last ends at the end."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(minutes=minutes)
    cut = list(windows(start, end, timedelta(minutes=span)))
    assert [w.start for w in cut] == [start, *(w.end for w in cut[:-1])] if cut else minutes == 0
    assert all(timedelta(0) < w.end - w.start <= timedelta(minutes=span) for w in cut)
    assert not cut or cut[-1].end == end
