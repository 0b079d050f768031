"""Words of others made safe to show: no invisible controls, bounded in length.

Direction marks can make a text read as what it is not, and zero-width characters hide words
from a search; neither has a use in a quotation. Joiners stay: emoji and Persian need them.
"""

import re
import unicodedata

__all__ = ["clean", "cut", "width"]

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_TAGS = re.compile("[\U000e0000-\U000e007f]")
_MANY_LINES = re.compile(r"\n{3,}")
ELLIPSIS = "…"


def clean(text: str) -> str:
    """The text without control and direction characters; at most one empty line in a row."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = _TAGS.sub("", _INVISIBLE.sub("", text.replace("\u2029", "\n").replace("\t", " ")))
    kept = "".join(
        char for char in text if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"}
    )
    return _MANY_LINES.sub("\n\n", kept).strip()


def width(text: str) -> int:
    """Length in UTF-16 units, the longest way in which a service may count."""
    return sum(2 if ord(char) > 0xFFFF else 1 for char in text)  # noqa: PLR2004 - end of the BMP


def cut(text: str, limit: int) -> str:
    """At most ``limit`` units (see ``width``), an ellipsis where something was cut."""
    if width(text) <= limit:
        return text
    kept: list[str] = []
    left = limit - 1
    for char in text:
        left -= width(char)
        if left < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + ELLIPSIS
