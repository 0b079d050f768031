"""Marking matched words without letting anything else through."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.web.text.highlight import excerpt, highlight
from workers.web.text.visible import visible

HOSTILE = st.text("<>&\"'/= scriptonmarkab\u200b", max_size=80)
WORDS = st.lists(st.text("<>&\"' scriptmarkab", max_size=10), max_size=5)


def without_marks(html: str) -> str:
    """What the HTML shows; fails where it holds any tag but our own."""
    bare = html.replace("<mark>", "").replace("</mark>", "")
    assert not set(bare) & set("<>\"'"), html
    return unescape(bare)


@given(HOSTILE, WORDS)
def test_highlighting_shows_the_text_and_adds_only_marks(text: str, words: list[str]) -> None:
    """Whatever the text and the words, the HTML shows exactly the readable text."""
    assert without_marks(highlight(text, words)) == visible(text)


@given(HOSTILE, WORDS, st.integers(5, 60))
def test_an_excerpt_is_a_piece_of_the_text(text: str, words: list[str], length: int) -> None:
    """An excerpt never shows what the text does not say."""
    shown = without_marks(excerpt(text, words, length)).removeprefix("… ").removesuffix(" …")
    assert shown in " ".join(visible(text).split())
    assert len(shown) <= length


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("I was Charged Twice", ["charged twice"], ["Charged Twice"]),
        ("repay pay prepaid", ["pay"], ["pay"]),
        ("charged\n  twice", ["charged twice"], ["charged\n  twice"]),
        ("支払いが遅い", ["支払い"], ["支払い"]),
        ("pass\u200bword", ["pass\u200bword"], ["password"]),
        ("really? yes?", ["?"], []),
        ("None of us can log in", ["none of us ... log in"], ["None of us", "log in"]),
        ("a.c abc", ["a.c"], ["a.c"]),
        ("refund and refunds", ["refund", "refunds"], ["refund", "refunds"]),
    ],
)
def test_the_matched_words_are_marked(text: str, words: list[str], marked: list[str]) -> None:
    """Whole words, in any case and over line ends; patterns in them mean themselves."""
    pieces = highlight(text, words).split("<mark>")[1:]
    assert [piece.split("</mark>")[0] for piece in pieces] == marked


def test_an_excerpt_begins_shortly_before_the_first_matched_word() -> None:
    """In a long text the reader sees the words that decided, not the greeting."""
    shown = str(excerpt("hello there " * 100 + "please refund me " + "bye " * 100, ["refund"], 120))
    assert "<mark>refund</mark>" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 160
