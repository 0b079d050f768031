"""The rules that a text fires, with the words that fired them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from workers.feedback.classification.reading.language import UNKNOWN
from workers.feedback.classification.reading.phrases import Hit, PhraseIndex
from workers.feedback.classification.reading.text import ReadText, Word, split_words
from workers.feedback.classification.rules.rulebook import EVERY_LANGUAGE, Rule, Rulebook

__all__ = ["Evidence", "RuleIndex"]

_BEFORE = 3
"""Words before a phrase in which a negation silences it."""
_WISHED_BEFORE = 4
"""Words before praise in which a conditional makes it a wish."""
_WISHED = 0.7
"""What praise in the conditional counts as a wish, as a share of the rule's weight."""
_MORE = 0.2
"""What a further phrase of the same rule adds, as a share of the rule's weight."""
_MOST = 3
_SUBJECT = 0.3
"""What a phrase in the subject adds."""
_WORDS_KEPT = 4
_ENDS = frozenset("?!")
_PRAISE = "kind=praise"


class _Turn(Enum):
    """What a word before a phrase makes of it."""

    DENIED = auto()
    WISHED = auto()


@dataclass(frozen=True, slots=True)
class _Turns:
    """The words of a language that turn what follows them, folded."""

    negations: frozenset[str]
    conditionals: frozenset[str]

    def before(self, words: Sequence[Word], first: int) -> _Turn | None:
        """How the words just before the one at ``first`` turn it; the nearest counts."""
        for distance, word in enumerate(reversed(words[max(0, first - _WISHED_BEFORE) : first])):
            if word.folded in _ENDS:
                return None
            if word.folded in self.negations and distance < _BEFORE:
                return _Turn.DENIED
            if word.folded in self.conditionals:
                return _Turn.WISHED
        return None


@dataclass(slots=True)
class Evidence:
    """One rule that fired in a text."""

    rule: str
    label: str
    weight: float
    words: list[str] = field(default_factory=list)
    hits: int = 0
    in_subject: bool = False
    reason: str = ""

    @property
    def strength(self) -> float:
        """The weight, more where the rule fired several times or in the subject."""
        more = 1 + _MORE * min(self.hits - 1, _MOST) if self.hits else 1.0
        return self.weight * (more + (_SUBJECT if self.in_subject else 0.0))


class RuleIndex:
    """The rules of all languages, ready to be fired at texts. Immutable once made."""

    def __init__(self, books: Mapping[str, Rulebook]) -> None:
        every = books[EVERY_LANGUAGE].rules
        self._turns = {
            language: _Turns(_folded(book.negations), _folded(book.conditionals))
            for language, book in books.items()
        }
        self._all_turns = _Turns(
            frozenset().union(*(turns.negations for turns in self._turns.values())),
            frozenset().union(*(turns.conditionals for turns in self._turns.values())),
        )
        self._indexes = {
            language: _index((*every, *book.rules)) for language, book in books.items()
        }
        self._all = _index(rule for book in books.values() for rule in book.rules)

    def fire(self, text: ReadText, language: str) -> list[Evidence]:
        """What fired, in the order of the text. A text of unknown language is asked for all."""
        if language == UNKNOWN:
            index, turns = self._all, self._all_turns
        else:
            known = language if language in self._indexes else EVERY_LANGUAGE
            index, turns = self._indexes[known], self._turns[known]
        fired: dict[str, Evidence] = {}
        for hit in index.find(text):
            rule = hit.owner
            turned = turns.before(text.words, hit.first) if rule.negatable else None
            for label in rule.says:
                if turned is None or (turned is _Turn.WISHED and label != _PRAISE):
                    name = rule.id if label == rule.says[0] else f"{rule.id}.{label}"
                    _add(fired, Evidence(name, label, rule.weight), hit, text)
                elif label == _PRAISE:
                    _add(fired, _turned_praise(rule, turned), hit, text)
        return list(fired.values())


def _add(fired: dict[str, Evidence], new: Evidence, hit: Hit[Rule], text: ReadText) -> None:
    evidence = fired.setdefault(new.rule, new)
    if hit.words.lower() not in map(str.lower, evidence.words):
        evidence.hits += 1
        if len(evidence.words) < _WORDS_KEPT:
            evidence.words.append(hit.words)
    evidence.in_subject |= hit.first < text.subject_words


def _index(rules: Iterable[Rule]) -> PhraseIndex[Rule]:
    return PhraseIndex({rule: rule.phrases for rule in rules})


def _folded(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(word.folded for phrase in phrases for word in split_words(phrase))


def _turned_praise(rule: Rule, turn: _Turn) -> Evidence:
    """Praise denied is a complaint; praise in the conditional is rather a wish."""
    if turn is _Turn.DENIED:
        return Evidence(f"{rule.id}.negated", "kind=complaint", rule.weight)
    return Evidence(f"{rule.id}.wished", "kind=feature_request", rule.weight * _WISHED)
