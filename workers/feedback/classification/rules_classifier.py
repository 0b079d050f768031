"""The classifier that works from the first day: rules over words, and signals."""

from collections.abc import Iterable, Sequence

from schemas.feedback import Match
from workers.config.team import Area
from workers.feedback.classification.area import AreaFinder
from workers.feedback.classification.kind import decide_kind, signals_of_kind
from workers.feedback.classification.labels import ClassifiableText, Labels
from workers.feedback.classification.reading.courtesy import Courtesies
from workers.feedback.classification.reading.language import LanguageDetector
from workers.feedback.classification.rules.evidence import Evidence, RuleIndex
from workers.feedback.classification.rules.rulebook import load_rules
from workers.feedback.classification.sentiment import decide_sentiment
from workers.feedback.classification.tone import ToneMeter
from workers.feedback.classification.urgency import decide_urgency, signals_of_urgency

__all__ = ["MAX_MATCHES", "RULES_VERSION", "RulesClassifier"]

RULES_VERSION = "rules-2"
"""Raised with every change of rules or of how they are weighed."""
MAX_MATCHES = 12
"""Pieces of evidence kept with a text, those for the chosen labels first."""


class RulesClassifier:
    """Rules and signals. Loading takes about a second: make one and pass it on."""

    def __init__(self, areas: Sequence[Area], languages: LanguageDetector | None = None) -> None:
        books = load_rules()
        self._languages = languages or LanguageDetector()
        self._courtesies = Courtesies(
            phrase for book in books.values() for phrase in book.courtesies
        )
        self._rules = RuleIndex(books)
        self._tones = ToneMeter(books)
        self._areas = AreaFinder(areas)

    @property
    def version(self) -> str:
        """Of the rules."""
        return RULES_VERSION

    def classify(self, texts: Sequence[ClassifiableText]) -> Sequence[Labels]:
        """Labels in the order of ``texts``; each text on its own."""
        return [self._classify(text) for text in texts]

    def _classify(self, text: ClassifiableText) -> Labels:
        language = self._languages.detect(text.read.plain, text.language)
        read = self._courtesies.without(text.read)
        tone = self._tones.measure(read.plain, language)
        evidence = self._rules.fire(read, language)
        evidence.extend(signals_of_kind(text, tone))
        kind, confidence = decide_kind(evidence)
        evidence.extend(signals_of_urgency(text, kind))
        urgency = decide_urgency(evidence)
        sentiment, because = decide_sentiment(tone, text.score)
        area, keywords = self._areas.find(read, text.tags, text.attributes)
        chosen = {f"kind={kind.value}", f"urgency={urgency.value}"}
        return Labels(
            kind=kind,
            confidence=confidence,
            area=area,
            sentiment=sentiment,
            urgency=urgency,
            language=language,
            matches=_matches(evidence, chosen, (keywords, because)),
        )


def _matches(
    evidence: Iterable[Evidence], chosen: set[str], others: Iterable[Match | None]
) -> tuple[Match, ...]:
    """The evidence, for the kind first, then for the urgency, the strongest of each first."""
    ranked = sorted(
        evidence,
        key=lambda one: (
            one.label not in chosen,
            one.label.startswith("urgency="),
            -one.strength,
            one.rule,
        ),
    )
    told = [
        Match(label=one.label, rule=one.rule, words=tuple(one.words), reason=one.reason)
        for one in ranked
    ]
    supporting = [match for match in told if match.label in chosen]
    opposing = [match for match in told if match.label not in chosen]
    kept = [*supporting, *(match for match in others if match is not None), *opposing]
    return tuple(kept[:MAX_MATCHES])
