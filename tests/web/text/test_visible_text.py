"""What readers see of customers' words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.web.text.visible import hidden_characters, visible

ANY_TEXT = st.text(st.characters(), max_size=200)
DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@given(ANY_TEXT)
def test_nothing_that_turns_the_direction_is_left(text: str) -> None:
    """No formatting character of the bidirectional algorithm reaches the page."""
    assert not set(visible(text)) & set(DIRECTION)


@given(ANY_TEXT)
def test_what_is_left_can_be_sent_and_printed(text: str) -> None:
    """The result is valid UTF-8 without control characters except tab and line feed."""
    readable = visible(text)
    readable.encode()
    assert {c for c in readable if unicodedata.category(c) == "Cc"} <= {"\n", "\t"}


@given(ANY_TEXT)
def test_reading_twice_changes_nothing(text: str) -> None:
    """What is readable stays as it is."""
    once = visible(text)
    assert hidden_characters(once).text == once


@given(st.text("abcäöüß ,.!?<>&\"'日本語АБВ\n\t", max_size=200))
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Letters, marks and line ends of ordinary writing are never touched."""
    assert hidden_characters(text) == type(hidden_characters(""))(text, 0)


@pytest.mark.parametrize(
    ("text", "readable", "hidden"),
    [
        ("pass\u200bword", "password", 1),
        ("\u202egnp.exe\u202c", "gnp.exe", 2),
        ("a\u00adb\ufeffc\u2060d", "abcd", 3),
        ("p\u200day", "pay", 1),
        ("line\r\nline\u2028line\x0bline", "line\nline\nline\nline", 0),
        ("nul\x00 bell\x07", "nul bell", 2),
        ("blank\u3164letter", "blank letter", 0),
        ("half \ud83d", "half \ufffd", 0),
        ("\ufffe", "\ufffd", 0),
        ("\U000e0041\U000e0042", "", 2),
        ("Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "Z\u0301\u0302\u0303\u0304", 3),
    ],
)
def test_hidden_characters_are_taken_out_and_counted(text: str, readable: str, hidden: int) -> None:
    """What shows nothing, misleads or piles up goes, and the page can say how much."""
    view = hidden_characters(text)
    assert (view.text, view.hidden) == (readable, hidden)


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 👩🏽‍💻 ❤️‍🔥 🏳️‍🌈",
        "می‌خواهم",
        "क्‍ष",
        "שלום, עולם",
        "Tiếng Việt đẹp",
        "e\u0301a\u0308",
    ],
)
def test_scripts_and_emoji_that_need_joiners_and_marks_stay_whole(text: str) -> None:
    """Persian, Devanagari, Hebrew, Vietnamese and family emoji are shown as they were written."""
    assert hidden_characters(text).text == text
