"""Reading a text once: what people see of it, and its words as rules compare them.

Customers' texts arrive with markup, invisible characters, wrong accents and any length. All
of that is dealt with here, so that rules, conditions and excerpts see one and the same text.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from workers.feedback.classification.reading.html import strip_html

__all__ = ["MAX_READ", "ReadText", "Word", "plain_text", "read_text", "split_words"]

MAX_READ = 20_000
"""Characters of a part that are read. What a text is about stands at its beginning."""
_MAX_SUBJECT = 1_000
_MARKUP_ALLOWANCE = 3

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "`": "'"})
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[ \n]*")

_UMLAUTS = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue"})
_ELIDED = {"qu": "que"} | {letter: f"{letter}e" for letter in "ldnjscmt"}
_WORD = re.compile(
    r"(?P<elided>\b(?:qu|[ldnjscmt])(?='[^\W\d_]{2}))'|\w+(?:'\w+)*|[?!]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as rules compare it, and where it stands in the plain text."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadText:
    """A part's words, read once."""

    subject: str
    body: str
    plain: str
    """Subject and body, a line break between them."""
    words: tuple[Word, ...]
    subject_words: int
    """How many of ``words`` stand in the subject."""


def plain_text(raw: str, limit: int = MAX_READ) -> str:
    """What people see of a text, at most ``limit`` characters.

    Markup removed, invisible and direction-changing characters removed, compatibility forms
    unified (NFKC), runs of blanks and of line breaks made one.
    """
    text = raw[: limit * _MARKUP_ALLOWANCE]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = _INVISIBLE.sub("", text)
        text = unicodedata.normalize("NFKC", text)
    text = strip_html(text)
    text = _INVISIBLE.sub("", text)
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text.replace("\r", "\n"))).strip()[:limit]


def read_text(subject: str, text: str) -> ReadText:
    """Subject and text of a part, read."""
    subject = plain_text(subject, _MAX_SUBJECT)
    body = plain_text(text)
    plain = f"{subject}\n{body}" if subject and body else subject or body
    words = split_words(plain)
    edge = len(subject)
    return ReadText(subject, body, plain, words, sum(word.start < edge for word in words))


def split_words(plain: str) -> tuple[Word, ...]:
    """The words of a plain text, with question and exclamation marks as words of their own.

    Without capitals and accents, German umlauts spelt out (``war`` is not ``wär``);
    ``can't`` is ``cant``, French ``n'est`` is ``ne`` and ``est``.
    """
    return tuple(
        Word(
            _ELIDED.get(found[0][:-1].lower(), "") if found["elided"] else _folded(found[0]),
            found.start(),
            found.end(),
        )
        for found in _WORD.finditer(plain.translate(_QUOTES))
    )


@lru_cache(maxsize=16_384)
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower().replace("'", "")
    bare = unicodedata.normalize("NFD", word.casefold().translate(_UMLAUTS))
    return "".join(c for c in bare if c != "'" and not unicodedata.combining(c))
