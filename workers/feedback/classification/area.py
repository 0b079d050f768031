"""Which product area a text is about, by the keywords of ``team.yaml``."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.feedback import Match
from workers.config.team import Area
from workers.feedback.classification.reading.phrases import PhraseError, PhraseIndex
from workers.feedback.classification.reading.text import ReadText

__all__ = ["AreaFinder"]

_NAMED = 3
"""What a tag or a field of the tool that names the area counts, in keywords."""
_SUBJECT = 1
"""What a keyword in the subject counts more."""
_WORDS_KEPT = 6
_PLURAL_LETTERS = 4


class AreaFinder:
    """Knows the areas' keywords. Immutable once made."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self._order = {area.id: place for place, area in enumerate(areas)}
        self._named = {name.casefold(): area.id for area in areas for name in (area.id, area.name)}
        self._index = PhraseIndex({area.id: tuple(_usable(area.keywords)) for area in areas})

    def find(
        self, text: ReadText, tags: Iterable[str], attributes: Mapping[str, str]
    ) -> tuple[str | None, Match | None]:
        """The area with most different keywords, and the words; the first of equals."""
        votes: Counter[str] = Counter()
        words: dict[str, dict[str, str]] = {}
        for hit in self._index.find(text):
            seen = words.setdefault(hit.owner, {})
            if hit.words.casefold() not in seen:
                seen[hit.words.casefold()] = hit.words
                # the subject comes first, so that each keyword's first place is its best
                votes[hit.owner] += 1 + (_SUBJECT if hit.first < text.subject_words else 0)
        reasons: dict[str, str] = {}
        for value, where in _said(tags, attributes):
            if area := self._named.get(value.casefold()):
                votes[area] += _NAMED
                reasons.setdefault(area, where)
        if not votes:
            return None, None
        best = min(votes, key=lambda area: (-votes[area], self._order[area]))
        found = tuple(words.get(best, {}).values())[:_WORDS_KEPT]
        return best, Match(
            label=f"area={best}",
            rule=f"area.{best}"[:128],
            words=found,
            reason=reasons.get(best, ""),
        )


def _said(tags: Iterable[str], attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        yield tag.replace("_", "-"), "a tag names it"
        yield tag, "a tag names it"
    for name, value in attributes.items():
        yield value, f"{name} names it"[:256]


def _usable(keywords: Iterable[str]) -> Iterator[str]:
    """Keywords and their plurals in -s and -es; what has no word in it finds nothing."""
    for keyword in keywords:
        plain = keyword.strip()
        forms = [plain]
        if len(plain) >= _PLURAL_LETTERS and plain[-1].isalpha() and plain.isascii():
            forms += [f"{plain}s", f"{plain}es"]
        for form in forms:
            try:
                PhraseIndex({"": (form,)})
            except PhraseError:
                continue
            yield form
