"""Other people's text made safe to store, to match words in and to show.

Nothing is escaped here: a ``<script>`` in a ticket stays the words the customer wrote, and
whoever makes a page escapes it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.feedback.received import MAX_TEXT

__all__ = ["Cleaned", "clean", "clean_line", "clean_tags", "clean_text"]

_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters; tab and line feed stay
    "\u00ad\u180e\u200b\u2060-\u2064\ufeff"  # invisible, and would hide a keyword from a rule
    "\u202a-\u202e\u2066-\u2069"  # order of following text: would reach beyond its own field
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations and tags, invisible as well
    "]"
)
# What stays on purpose: U+200C and U+200D (spelling in Persian and Indic scripts, compound
# emoji) and the marks U+200E, U+200F, U+061C, which order a single place in right-to-left text.
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\u0085]")
_MOST_TAGS = 100
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Text after cleaning."""

    text: str
    truncated: bool
    """Whether it was longer than allowed."""


def clean(text: str) -> str:
    """Composed Unicode without invisible controls; line ends become line feeds."""
    if text.isascii() and text.isprintable():
        return text
    text = _SURROGATE.sub("\ufffd", text)
    text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    return unicodedata.normalize("NFC", text)


def clean_text(text: str | None, limit: int = MAX_TEXT) -> Cleaned:
    """Text of several lines, cut at ``limit`` characters."""
    cleaned = clean(text or "").strip()
    return Cleaned(cleaned[:limit], truncated=len(cleaned) > limit)


def clean_line(text: str | None, limit: int) -> str:
    """Text of one line: white space is folded, what is beyond ``limit`` characters is cut."""
    return _SPACES.sub(" ", clean(text)).strip()[:limit] if text else ""


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags without blanks and repeats, each cut at 128 characters, at most ``_MOST_TAGS``."""
    return tuple(dict.fromkeys(tag for each in tags if (tag := clean_line(each, 128))))[:_MOST_TAGS]
