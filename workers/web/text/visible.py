"""Text as a reader may see it: nothing hidden, nothing that reorders or overflows the page.

Customer text may hold characters that show nothing, turn the direction of what follows, or
pile marks upon one another. They are taken out (and counted, so that a page can say so);
joiners stay where a script or an emoji needs them. Escaping for HTML is the template's, not
this module's.
Source: Unicode 16 general categories, UAX #9 (directional formatting), UTS #51 (emoji).
"""

import re
from dataclasses import dataclass

__all__ = ["Visible", "hidden_characters", "visible"]

MAX_STACKED_MARKS = 4
"""Combining marks kept on one letter; Vietnamese needs two, Hebrew with accents three."""

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"
"""Letters and signs that look like nothing: Hangul fillers, the empty Braille cell."""
_BROKEN = "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
"""Surrogates on their own and code points that are no characters."""
_BROKEN_PATTERN = re.compile(f"[{_BROKEN}]")
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters
    "\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, Arabic and Mongolian
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"  # zero width, direction
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"  # byte order mark, annotation, tags
)
_JOINER = "\u200c\u200d"
# A joiner shapes Arabic and Indic scripts (between their letters) and builds emoji (between
# pictographs, or after the selector that makes one); anywhere else it only hides.
_SHAPED = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18aa"
_PICTURE = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_SUSPECT = re.compile(
    f"[{_BLANK_LETTERS}]|[{_BROKEN}]|[{_INVISIBLE}]"
    f"|(?<![{_SHAPED}{_PICTURE}])[{_JOINER}]|[{_JOINER}](?![{_SHAPED}{_PICTURE}])"
)
_MARK = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARK}]{{{MAX_STACKED_MARKS}}})[{_MARK}]+")


@dataclass(frozen=True, slots=True)
class Visible:
    """The readable text, and how many characters were taken out of it."""

    text: str
    hidden: int


def _replacement(match: re.Match[str]) -> str:
    character = match.group()
    if character in _BLANK_LETTERS:
        return " "
    return "\ufffd" if _BROKEN_PATTERN.match(character) else ""


def hidden_characters(text: str) -> Visible:
    """The readable text together with the number of characters it hides."""
    lines = _NEWLINES.sub("\n", text)
    cleaned = _SUSPECT.sub(_replacement, lines)
    readable = _PILE.sub(r"\1", cleaned)
    return Visible(readable, len(lines) - len(readable))


def visible(text: str) -> str:
    """The readable text."""
    return hidden_characters(text).text
