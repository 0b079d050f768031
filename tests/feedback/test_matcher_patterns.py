"""Regular expressions in conditions: they work, and none can run away."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.config.matchers.pattern import MAX_PATTERN, PatternError, compile_pattern
from workers.feedback.classification.reading.text import MAX_READ

EVIL_TEXTS = ("a" * MAX_READ, "a" * (MAX_READ - 1) + "!", "ab" * (MAX_READ // 2), " " * MAX_READ)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(a*)*b",
        "([a-z]+)*\\d",
        "(.*)(.*)(.*)(.*)x",
        "a{1,300}",
        "a*a*a?a?b",
        "(a|b|ab)*c",
        "(?=a)b",
        "(a)\\1",
        "((a?){50}){50}",
        "x" * (MAX_PATTERN + 1),
        "(" * 200 + ")" * 200 + "(a+)+",
    ],
)
def test_what_could_run_away_is_refused(pattern: str) -> None:
    """Nested repetitions, many in a row, look-around, references and giants are refused."""
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a+b",
        "a.*b.*c",
        "(crash|freez)(es|ed|ing)?",
        "\\w+@\\w+",
        "[^]]+x",
        "[]a]*z",
        "a{2,}b",
        "\\d+\\s*(eur|usd)",
        "(?:ab)+c",
        ".*.*",
        "a*?b",
        "a++b",
        "a*a*a?b",
        "\\{1,\\}",
    ],
)
def test_what_is_taken_is_quick_on_every_text(pattern: str) -> None:
    """A search through the longest text that is read takes less than two seconds of work."""
    compiled = compile_pattern(pattern)
    started = time.process_time()
    for text in EVIL_TEXTS:
        compiled.search(text)
    assert time.process_time() - started < 2 * len(EVIL_TEXTS)


_pieces = st.sampled_from(
    ["a", "b", ".", "\\w", "[ab]", "[^b]", "(a|b)", "\\+", "[+*]", "(?:ab)", "\\{", "x"]
)
_repeats = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "{2,}", "{1,3}", "{0,}?", "++"])
_patterns = st.lists(st.tuples(_pieces, _repeats).map("".join), min_size=1, max_size=3).map("".join)


@given(pattern=_patterns, text=st.text("abx+*{", max_size=40))
def test_bounding_changes_nothing_on_short_texts(pattern: str, text: str) -> None:
    """Below the reach of a repetition a pattern finds exactly what Python's own does."""
    try:
        bounded = compile_pattern(pattern)
    except PatternError:
        return
    plain = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    ours, theirs = bounded.search(text), plain.search(text)
    assert (ours and ours.span()) == (theirs and theirs.span())


@given(st.text("ab()[]{}*+?|\\^$.,1 ", max_size=25))
@example("}?+")
@example("{}+")
def test_any_pattern_is_taken_or_refused_in_words(pattern: str) -> None:
    """Nothing but ``PatternError`` comes out, and it has a place and a remedy."""
    refused = None
    try:
        compile_pattern(pattern)
    except PatternError as error:
        refused = error
    assert refused is None or (0 <= refused.position <= len(pattern) and refused.remedy)
