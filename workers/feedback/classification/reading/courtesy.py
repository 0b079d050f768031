"""What is said out of politeness, and by mail programs: greetings, closings, footers.

``Good morning``, ``best regards`` and ``thanks in advance`` sound happy and ``sent from my
phone`` names a product, but the writer means nothing by them.
"""

from collections.abc import Iterable
from dataclasses import replace

from workers.feedback.classification.reading.phrases import PhraseIndex
from workers.feedback.classification.reading.text import ReadText

__all__ = ["Courtesies"]

_SPEAKING = 3
"""Words that have to be left: a text that is nothing but thanks means them."""


class Courtesies:
    """Knows the courtesies of all languages. Immutable once made."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._index = PhraseIndex({"": tuple(phrases)})

    def without(self, text: ReadText) -> ReadText:
        """The text with courtesies blanked out, every other word in its place."""
        taken: set[int] = set()
        for hit in self._index.find(text):
            taken.update(range(hit.first, hit.last + 1))
        if not taken or len(text.words) - len(taken) < _SPEAKING:
            return text
        plain = list(text.plain)
        for index in taken:
            word = text.words[index]
            plain[word.start : word.end] = " " * (word.end - word.start)
        return replace(
            text,
            plain="".join(plain),
            words=tuple(word for index, word in enumerate(text.words) if index not in taken),
            subject_words=sum(index not in taken for index in range(text.subject_words)),
        )
