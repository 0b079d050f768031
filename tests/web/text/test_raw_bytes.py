"""Raw records shown to a person."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.web.text.raw import raw_view


@given(st.binary(max_size=400))
def test_any_bytes_can_be_shown(raw: bytes) -> None:
    """Every record has a view of bounded size that says how large it is."""
    view = raw_view(raw)
    assert view.size == len(raw)
    assert {c for c in view.content if unicodedata.category(c) == "Cc"} <= {"\n", "\t"}


@pytest.mark.parametrize(
    ("raw", "form", "content"),
    [
        (b"", "empty", ""),
        (b'{"text": "<b>"}', "text", '{"text": "<b>"}'),
        ("grün".encode(), "text", "grün"),
        (b"\xff\xfeA", "hex", "00000000  ff fe 41" + " " * 39 + "  ..A"),
        (b"a\x00b", "hex", "00000000  61 00 62" + " " * 39 + "  a.b"),
        (b"cut\xc3", "hex", "00000000  63 75 74 c3" + " " * 36 + "  cut."),
    ],
)
def test_text_is_shown_as_text_and_the_rest_as_hexadecimal(
    raw: bytes, form: str, content: str
) -> None:
    """UTF-8 without NUL is text; anything else is a hex dump."""
    view = raw_view(raw)
    assert (view.form, view.content) == (form, content)


def test_a_large_record_is_cut_between_characters() -> None:
    """The cut does not turn a text into a hex dump, and the view says how much it shows."""
    view = raw_view("€".encode() * 10_000)
    assert view.form == "text"
    assert view.shown < view.size == 30_000
