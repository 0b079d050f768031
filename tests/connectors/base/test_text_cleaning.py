"""Other people's text, made safe."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.text import clean, clean_line, clean_tags, clean_text
from schemas.feedback.received import MAX_TEXT

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
"""Lone surrogates included."""


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("plain", "plain"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("tab\tstays", "tab\tstays"),
        ("bell\x07 nul\x00 escape\x1b[31m", "bell nul escape[31m"),
        ("half \ud83d a character", "half \ufffd a character"),
        ("re\u200bfund \ufeffcan\u00adcel", "refund cancel"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("tagged\U000e0041", "tagged"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("e\u0301", "\u00e9"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_what_is_taken_out_and_what_stays(raw: str, wanted: str) -> None:
    """Invisible controls go, line ends become one kind, words and markup stay as written."""
    assert clean(raw) == wanted


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_cleaned_again(raw: str) -> None:
    """It is UTF-8, holds no control but tab and line feed, and cleaning it changes nothing."""
    cleaned = clean(raw)
    cleaned.encode("utf-8")
    assert not [c for c in cleaned if unicodedata.category(c) == "Cc" and c not in "\t\n"]
    assert clean(cleaned) == cleaned


def test_a_ticket_of_a_hundred_thousand_characters_fits_and_one_more_is_cut() -> None:
    """Text is cut at MAX_TEXT, and says so."""
    assert clean_text("x" * MAX_TEXT).truncated is False
    cut = clean_text("x" * (MAX_TEXT + 1))
    assert (len(cut.text), cut.truncated) == (MAX_TEXT, True)
    assert clean_text(None).text == ""


def test_a_line_is_one_line() -> None:
    """White space of any kind is folded, and the end is cut."""
    assert clean_line("  Two\n lines\tand\u00a0more ", 100) == "Two lines and more"
    assert clean_line("abcdef", 3) == "abc"
    assert clean_line(None, 3) == ""


def test_tags_are_tidy() -> None:
    """Blank and repeated tags go, long ones are cut, and there is an end to their number."""
    assert clean_tags(["a", " ", "a ", "b\n"]) == ("a", "b")
    assert len(clean_tags([str(number) for number in range(1_000)])) == 100
    assert clean_tags(["x" * 500]) == ("x" * 128,)
