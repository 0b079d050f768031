"""What is read of a customer's text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.feedback.classification.reading.phrases import PhraseError, PhraseIndex
from workers.feedback.classification.reading.text import MAX_READ, plain_text, read_text


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("it <b>crashes</b>", "it crashes"),
        ("one<br>two<p>three</p>", "one\ntwo\nthree"),
        ("<script>alert('x')</script>hello", "hello"),
        ("<style>p {}</style >hello<!-- no -->!", "hello!"),
        ("before <script>never closed", "before"),
        ("before <!-- never closed", "before"),
        ("a &amp; b", "a &amp; b"),
        ("<p>a &amp; b &lt;i&gt;</p>", "a & b <i>"),
        ("List<String> and a < b > c", "List<String> and a < b > c"),
        ("cra\u200bsh\u00ading", "crashing"),
        ("\u202eevil\u202c \u2066text\u2069", "evil text"),
        ("\uff26\uff35\uff2c\uff2c \ufb01x", "FULL fix"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("  many \t blanks \r\n\r\n\n lines ", "many blanks\nlines"),
        ("", ""),
    ],
)
def test_a_text_is_read_as_people_see_it(raw: str, plain: str) -> None:
    """No markup, nothing invisible, nothing that turns the direction, one form of each letter."""
    assert plain_text(raw) == plain


def test_hidden_characters_do_not_hide_markup() -> None:
    """A tag with an invisible character inside is still a tag."""
    assert plain_text("<scr\u200bipt>x</script>hello") == "hello"


@given(st.text(max_size=300))
def test_reading_is_final(raw: str) -> None:
    """What has been read has nothing invisible left, and words lie within the text."""
    read = read_text("", raw)
    assert not set(read.plain) & set("\u200b\u202e\u2066\ufeff\x00\u00ad")
    for word in read.words:
        assert 0 <= word.start < word.end <= len(read.plain)


@pytest.mark.parametrize(
    "piece", ["<", "<script>", "<!--", "<p ", "a'", "\n ", "&amp;", "\ufdfa", "<b>x", "l'"]
)
def test_a_giant_is_read_in_no_time(piece: str) -> None:
    """100,000 characters of anything are cut to what is read, in linear time."""
    started = time.process_time()
    read = read_text("x" * 5_000, piece * (100_000 // len(piece)))
    assert len(read.body) <= MAX_READ
    assert len(read.subject) <= 1_000
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("charged twice", "I was Charged  TWICE!", ["Charged TWICE"]),
        ("crash*", "it crashed, crashes", ["crashed", "crashes"]),
        ("can't log in", "I cant log in", ["cant log in"]),
        ("cant log in", "I can\u2019t log in", ["can\u2019t log in"]),
        ("no ... funciona", "no me funciona", ["no … funciona"]),
        ("no ... funciona", "no me lo ha funciona", ["no … funciona"]),
        ("no ... funciona", "no me lo ha ya funciona", []),
        ("(can|could) you", "Could you and can you", ["Could you", "can you"]),
        ("(get|get an) error", "I get an error", ["get an error"]),
        ("deja", "Déjà vu", ["Déjà"]),
        ("n'est pas", "ce n\u2019est pas bon", ["n\u2019 est pas"]),
        ("c++", "a C++ wrapper", ["C"]),
        ("?", "why? why", ["?"]),
        ("請求", "二重に請求されました", ["請求"]),
        ("twice charged", "charged twice", []),
        ("wär", "es war so", []),
        ("wär", "es w\u00e4r so, waer es", ["w\u00e4r", "waer"]),
        ("sch\u00f6n", "schon", []),
    ],
)
def test_phrases_are_found_as_customers_write_them(
    phrase: str, text: str, found: list[str]
) -> None:
    """Capitals, accents, apostrophes and blanks do not matter; order does; gaps are short."""
    hits = PhraseIndex({"owner": [phrase]}).find(read_text("", text))
    assert [hit.words for hit in hits] == found


def test_what_a_gap_stood_for_is_not_kept() -> None:
    """Only words that a rule names leave the text: the customer's own are shown as a gap."""
    index = PhraseIndex({"wish": ["would be ... nice"]})
    hits = list(index.find(read_text("", "It would be for Jane Doe nice")))
    assert [hit.words for hit in hits] == ["would be … nice"]


@pytest.mark.parametrize("phrase", ["", "...", "ab*", "*", "(a|b)(c|d e)" * 9, "()"])
def test_a_phrase_that_finds_nothing_is_refused(phrase: str) -> None:
    """A phrase without a word, or that stands for too many, is an error and not silence."""
    with pytest.raises(PhraseError):
        PhraseIndex({"owner": [phrase]})
