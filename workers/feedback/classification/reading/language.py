"""Which language a text is in, out of those that feedback comes in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["CANDIDATES", "UNKNOWN", "LanguageDetector"]

CANDIDATES = (
    "ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh",
)  # fmt: skip
"""ISO 639-1. On short texts a closed set is right more often than all languages."""
UNKNOWN = "und"

MIN_LETTERS = 12
"""Below this a Latin text may be anything."""
MIN_PROBABILITY = 0.6
_READ = 500


class LanguageDetector:
    """Detects by py3langid's model. Loading takes half a second: make one and pass it on."""

    def __init__(self, candidates: Sequence[str] = CANDIDATES) -> None:
        from py3langid import langid  # noqa: PLC0415 - brings numpy, needed only by who detects

        model = Path(langid.__file__).parent / langid.MODEL_FILE
        self._identifier: Any = langid.LanguageIdentifier.from_model_file(model, norm_probs=True)
        self._identifier.set_languages(candidates)
        self._candidates = frozenset(candidates)

    def detect(self, plain: str, stated: str | None = None) -> str:
        """ISO 639-1 of a plain text, or ``und``.

        A text too short or unclear to tell is taken for what the tool states, where the
        tool states one of the candidates.
        """
        sample = plain[:_READ]
        if _tells(sample):
            code, probability = self._identifier.classify(sample)
            if probability >= MIN_PROBABILITY:
                return str(code)
        fallback = (stated or "").replace("_", "-").split("-")[0].lower()
        return fallback if fallback in self._candidates else UNKNOWN


def _tells(sample: str) -> bool:
    """Whether there are letters enough; scripts other than Latin tell sooner."""
    letters = sum(map(str.isalpha, sample))
    return letters >= MIN_LETTERS or (
        letters >= MIN_LETTERS // 3
        and not sample.isascii()
        and sum(character > "\u036f" and character.isalpha() for character in sample) * 2 > letters
    )
