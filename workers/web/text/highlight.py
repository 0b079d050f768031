"""The matched words of a text marked, the rest escaped: HTML that holds only our own tags."""

import re
from collections.abc import Iterable
from itertools import chain

from markupsafe import Markup, escape

from workers.web.text.visible import visible

__all__ = ["excerpt", "highlight", "pieces_of"]

_GAP = re.compile(r"\s\.\.\.\s|\s?…\s?")

_MAX_WORDS = 64
"""Words marked in one text; more evidence than that helps nobody to read."""
_LEAD = 80
"""Characters shown before the first matched word of an excerpt."""


def pieces_of(word: str) -> tuple[str, ...]:
    """The readable pieces of a matched phrase; a rule writes ``...`` where words lie between."""
    pieces = (" ".join(piece.split()) for piece in _GAP.split(visible(word)))
    # a rule may speak on a question mark; marking each of them would say nothing
    return tuple(piece for piece in pieces if any(letter.isalnum() for letter in piece))


def _pattern(text: str, words: Iterable[str]) -> re.Pattern[str] | None:
    """One pattern for all words: whole words where they occur whole, longest first."""
    alternatives: dict[str, int] = {}
    for phrase in chain.from_iterable(map(pieces_of, list(words)[:_MAX_WORDS])):
        inner = r"\s+".join(re.escape(word) for word in phrase.split())
        whole = rf"(?<!\w){inner}(?!\w)"
        # scripts without spaces between words have no whole words to look for
        found = re.search(whole, text, re.IGNORECASE)
        alternatives[whole if found else inner] = len(inner)
    if not alternatives:
        return None
    longest_first = sorted(alternatives, key=lambda choice: -alternatives[choice])
    return re.compile("|".join(longest_first), re.IGNORECASE)


def _marked(text: str, pattern: re.Pattern[str] | None) -> Markup:
    if pattern is None:
        return escape(text)
    pieces: list[Markup] = []
    end = 0
    for match in pattern.finditer(text):
        pieces += [
            escape(text[end : match.start()]),
            Markup("<mark>"),
            escape(match.group()),
            Markup("</mark>"),
        ]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


def highlight(text: str, words: Iterable[str]) -> Markup:
    """The readable text, escaped, with every occurrence of the words in ``<mark>``."""
    readable = visible(text)
    return _marked(readable, _pattern(readable, words))


def excerpt(text: str, words: Iterable[str], length: int = 320) -> Markup:
    """A piece of the text around the first matched word, escaped and marked, on one line.

    About ``length`` characters, cut between words, with an ellipsis where something is left
    out.
    """
    readable = " ".join(visible(text).split())
    pattern = _pattern(readable, words)
    start = 0
    if len(readable) > length and pattern is not None:
        found = pattern.search(readable)
        if found and found.end() > length:
            start = readable.find(" ", max(found.start() - _LEAD, 0)) + 1
            start = min(start, found.start())
    end = start + length
    if end < len(readable):
        space = readable.rfind(" ", start, end)
        end = space if space > start + length // 2 else end
    before, after = "… " if start else "", " …" if end < len(readable) else ""
    return Markup("").join([before, _marked(readable[start:end], pattern), after])
