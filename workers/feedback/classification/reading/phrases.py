"""Finding many phrases in the words of a text at once.

A phrase is words; ``crash*`` is any word beginning so (at least three letters), ``...`` is
up to three words in between, ``(can|could) you`` are two phrases. Capitals, accents and
apostrophes do not matter, neither in the phrase nor in the text. The work grows with the
number of words in the text, not with the number of phrases, and nothing runs away.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Generic, TypeVar

from workers.feedback.classification.reading.text import ReadText, Word, split_words

__all__ = ["Hit", "PhraseError", "PhraseIndex"]

T = TypeVar("T", bound=Hashable)

GAP = 3
"""Words that ``...`` may stand for."""
_STEM = 3
_GAP = "..."
_MAX_EXPANSIONS = 256
_GROUP = re.compile(r"\(([^()]*)\)")
_PIECE = re.compile(r"\.\.\.|(?P<stem>[^\s*]+)\*|[^\s*]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


class PhraseError(ValueError):
    """A phrase that can never be found, and why."""


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A phrase that was found: whose it is and which words it took."""

    owner: T
    first: int
    """Index of the first word."""
    last: int
    """Index of the last word."""
    words: str
    """The words as they stand in the text; what ``...`` stood for is left out."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One word of a phrase: any of ``texts``, or for a stem any word beginning so."""

    texts: frozenset[str]
    stem: str = ""
    after_gap: bool = False

    def fits(self, word: str) -> bool:
        return word.startswith(self.stem) if self.stem else word in self.texts


_GAP_MARK = _Piece(frozenset())


@dataclass(frozen=True, slots=True)
class _Phrase(Generic[T]):
    owner: T
    rest: tuple[_Piece, ...]
    first: _Piece


class PhraseIndex(Generic[T]):
    """Phrases by their owners. Immutable once made; raises ``PhraseError``."""

    def __init__(self, phrases: Mapping[T, Iterable[str]]) -> None:
        self._whole: dict[str, list[_Phrase[T]]] = {}
        self._stems: dict[str, list[_Phrase[T]]] = {}
        self._unspaced: list[tuple[str, T]] = []
        for owner, texts in phrases.items():
            for text in texts:
                self._add(owner, text)

    def _add(self, owner: T, text: str) -> None:
        if _UNSPACED.search(text):
            # scripts without blanks have no words to go by
            self._unspaced.append((text, owner))
            return
        for pieces in _expanded(text):
            phrase = _Phrase(owner, pieces[1:], pieces[0])
            if stem := phrase.first.stem:
                self._stems.setdefault(stem[:_STEM], []).append(phrase)
            for word in phrase.first.texts:
                self._whole.setdefault(word, []).append(phrase)

    def find(self, text: ReadText) -> Iterator[Hit[T]]:
        """Every phrase at every place, in the order of the text."""
        whole, stems, words = self._whole, self._stems, text.words
        for at, word in enumerate(words):
            folded = word.folded
            for phrase in whole.get(folded, ()):
                taken = _follow(phrase.rest, words, at)
                if taken is not None:
                    yield _hit(phrase, text, taken)
            for phrase in stems.get(folded[:_STEM], ()):
                if folded.startswith(phrase.first.stem):
                    taken = _follow(phrase.rest, words, at)
                    if taken is not None:
                        yield _hit(phrase, text, taken)
        if self._unspaced and not text.plain.isascii():
            yield from self._find_unspaced(text)

    def _find_unspaced(self, text: ReadText) -> Iterator[Hit[T]]:
        for needle, owner in self._unspaced:
            if (at := text.plain.find(needle)) >= 0:
                first = sum(word.end <= at for word in text.words)
                last = sum(word.start < at + len(needle) for word in text.words) - 1
                yield Hit(owner, first, max(first, last), needle)


def _follow(rest: Sequence[_Piece], words: Sequence[Word], at: int) -> list[int] | None:
    """Indexes of the words a phrase takes from ``at`` on, or ``None``."""
    taken = [at]
    for piece in rest:
        reach = GAP + 1 if piece.after_gap else 1
        for index in range(at + 1, min(at + 1 + reach, len(words))):
            if piece.fits(words[index].folded):
                at = index
                break
        else:
            return None
        taken.append(at)
    return taken


def _hit(phrase: _Phrase[T], text: ReadText, taken: Sequence[int]) -> Hit[T]:
    written = _as_written(text.plain, text.words, taken)
    return Hit(phrase.owner, taken[0], taken[-1], written)


def _as_written(plain: str, words: Sequence[Word], taken: Sequence[int]) -> str:
    pieces: list[str] = []
    for before, index in zip((taken[0], *taken), taken, strict=False):
        if index > before + 1:
            pieces.append("…")
        pieces.append(plain[words[index].start : words[index].end])
    return " ".join(pieces)[:128]


def _expanded(text: str) -> Iterator[tuple[_Piece, ...]]:
    """Every sequence of words that a phrase with its ``(a|b)`` stands for."""
    parts = _GROUP.split(text)
    choices = [
        _alternatives(part, text) if index % 2 else [_pieces(part, text)]
        for index, part in enumerate(parts)
    ]
    if prod(map(len, choices)) > _MAX_EXPANSIONS:
        msg = f"{text!r} stands for too many phrases; split it"
        raise PhraseError(msg)
    for chosen in product(*choices):
        pieces = _resolved(piece for part in chosen for piece in part)
        if not pieces:
            msg = f"{text!r} has no word to look for"
            raise PhraseError(msg)
        yield pieces


def _alternatives(group: str, text: str) -> list[tuple[_Piece, ...]]:
    """What ``(a|b c)`` may be; alternatives of one word each are one piece together."""
    single: set[str] = set()
    longer: list[tuple[_Piece, ...]] = []
    for alternative in group.split("|"):
        pieces = _pieces(alternative, text)
        if len(pieces) == 1 and pieces[0].texts:
            single |= pieces[0].texts
        else:
            longer.append(pieces)
    return [(_Piece(frozenset(single)),), *longer] if single else longer


def _pieces(part: str, text: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    for found in _PIECE.finditer(part):
        if found[0] == _GAP:
            pieces.append(_GAP_MARK)
            continue
        words = [word.folded for word in split_words(found["stem"] or found[0])]
        pieces.extend(_Piece(frozenset((word,))) for word in words)
        if found["stem"] and words:
            if len(words[-1]) < _STEM:
                msg = f"{text!r}: write at least {_STEM} letters before *"
                raise PhraseError(msg)
            pieces[-1] = _Piece(frozenset(), stem=words[-1])
    return tuple(pieces)


def _resolved(pieces: Iterable[_Piece]) -> tuple[_Piece, ...]:
    """The pieces with gaps noted on the piece behind them."""
    resolved: list[_Piece] = []
    gap = False
    for piece in pieces:
        if piece is _GAP_MARK:
            gap = bool(resolved)
            continue
        resolved.append(replace(piece, after_gap=True) if gap else piece)
        gap = False
    return tuple(resolved)
