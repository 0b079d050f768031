"""How a text sounds, from -1 (bad) to 1 (good), by VADER's rules over a lexicon a language.

English has VADER's own lexicon, corrected where support speaks otherwise; other languages
the small one of their rule file; every language the emoticons and emoji.
"""

from collections.abc import Mapping
from typing import Any

from workers.feedback.classification.rules.rulebook import Rulebook, SentimentWords

__all__ = ["ToneMeter"]

_READ = 2_000
"""Characters; beyond that the score is saturated anyway."""
_ENGLISH = "en"


class ToneMeter:
    """One analyser a language. Immutable once made."""

    def __init__(self, books: Mapping[str, Rulebook]) -> None:
        from vader import SentimentIntensityAnalyzer  # noqa: PLC0415 - 300 KB of lexicon
        from vader.data.emoji import EMOJI  # noqa: PLC0415
        from vader.data.lexicon import LEXICON  # noqa: PLC0415

        signs = {word: value for word, value in LEXICON.items() if not word.isalpha()}
        named, values = _emoji_by_value(EMOJI, LEXICON)

        def analyser(words: SentimentWords, negations: tuple[str, ...]) -> Any:
            return SentimentIntensityAnalyzer(
                lexicon={**signs, **values, **words.words},
                booster=words.boosters,
                negations=negations,
                special_cases={},
                idioms={},
                multiword=words.phrases,
                emoji=named,
            )

        english = books[_ENGLISH].sentiment
        self._english = SentimentIntensityAnalyzer(extra_lexicon=english.words if english else None)
        self._signs = analyser(SentimentWords(words={}), ())
        self._by_language = {
            language: analyser(book.sentiment, book.negations)
            for language, book in books.items()
            if book.sentiment is not None and language != _ENGLISH
        }

    def measure(self, plain: str, language: str) -> float:
        """The tone; 0 where nothing speaks."""
        if not plain:
            return 0.0
        if language in {_ENGLISH, "und"}:
            chosen = self._english
        else:
            chosen = self._by_language.get(language, self._signs)
        return float(chosen.polarity_scores(plain[:_READ])["compound"])


def _emoji_by_value(
    emoji: Mapping[str, str], lexicon: Mapping[str, float]
) -> tuple[dict[str, str], dict[str, float]]:
    """Emoji by a word for their value.

    VADER describes them in English words, which another language's lexicon does not have.
    """
    named: dict[str, str] = {}
    values: dict[str, float] = {}
    for sign, description in emoji.items():
        value = round(sum(lexicon.get(word, 0.0) for word in description.split()), 1)
        if value:
            word = f"emoji_{value:+.1f}".replace(".", "_")
            named[sign] = word
            values[word] = max(-4.0, min(4.0, value))
    return named, values
