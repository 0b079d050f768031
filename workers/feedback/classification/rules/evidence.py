"""The rules that a text fires, with the words that fired them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from workers.feedback.classification.reading.language import UNKNOWN
from workers.feedback.classification.reading.phrases import Hit, PhraseIndex
from workers.feedback.classification.reading.text import ReadText, Word, split_words
from workers.feedback.classification.rules.rulebook import EVERY_LANGUAGE, Rule, Rulebook

__all__ = ["Evidence", "RuleIndex"]

_BEFORE = 3
"""Words before a phrase in which a negation silences it."""
_MORE = 0.2
"""What a further phrase of the same rule adds, as a share of the rule's weight."""
_MOST = 3
_SUBJECT = 0.3
"""What a phrase in the subject adds."""
_WORDS_KEPT = 4


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
        self._negations = {
            language: frozenset(_folded_negations(book)) for language, book in books.items()
        }
        self._all_negations = frozenset[str]().union(*self._negations.values())
        self._indexes = {
            language: _index((*every, *book.rules)) for language, book in books.items()
        }
        self._all = _index(rule for book in books.values() for rule in book.rules)

    def fire(self, text: ReadText, language: str) -> list[Evidence]:
        """What fired, in the order of the text. A text of unknown language is asked for all."""
        if language == UNKNOWN:
            index, negations = self._all, self._all_negations
        else:
            known = language if language in self._indexes else EVERY_LANGUAGE
            index, negations = self._indexes[known], self._negations[known]
        fired: dict[str, Evidence] = {}
        for hit in index.find(text):
            rule = hit.owner
            denied = rule.negatable and _negated(text.words, hit.first, negations)
            for label in rule.says:
                if not denied:
                    name = rule.id if label == rule.says[0] else f"{rule.id}.{label}"
                    _add(fired, Evidence(name, label, rule.weight), hit, text)
                elif label == "kind=praise":
                    # praise denied is a complaint
                    complaint = Evidence(f"{rule.id}.negated", "kind=complaint", rule.weight)
                    _add(fired, complaint, hit, text)
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


def _folded_negations(book: Rulebook) -> Iterator[str]:
    for negation in book.negations:
        yield from (word.folded for word in split_words(negation))


def _negated(words: tuple[Word, ...], first: int, negations: frozenset[str]) -> bool:
    for word in reversed(words[max(0, first - _BEFORE) : first]):
        if word.folded in {"?", "!"}:
            return False
        if word.folded in negations:
            return True
    return False
