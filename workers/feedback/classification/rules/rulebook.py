"""The rules as packaged data: which words speak for which label, by language.

One YAML file a language in ``rules/``, plus ``any.yaml`` for words of every language. All
of it is validated when it is loaded: an unknown label, a phrase that can never be found or a
rule id used twice is an error at start, not a rule that silently never fires.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.feedback import Kind, Urgency
from workers.feedback.classification.reading.phrases import PhraseIndex

__all__ = [
    "EVERY_LANGUAGE",
    "Rule",
    "Rulebook",
    "RulesInvalidError",
    "SentimentWords",
    "load_rules",
]

EVERY_LANGUAGE = "any"
_BRACKETS = re.compile(r"(?:[^()]|\([^()]*\))*")
_LABELS = frozenset(
    [f"kind={kind.value}" for kind in Kind] + [f"urgency={urgency.value}" for urgency in Urgency]
)


class RulesInvalidError(ValueError):
    """A packaged rule file is wrong; names the file."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Strict):
    """Phrases that speak for a label, and how much."""

    id: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=64)]
    says: tuple[str, ...]
    """The labels: ``kind=bug``, ``urgency=high``."""
    weight: Annotated[float, Field(gt=0, le=5)] = 1.0
    negatable: bool = False
    """Whether a negation just before the phrase silences it: ``no problems with``."""
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("says", mode="before")
    @classmethod
    def _one_or_more(cls, says: Any) -> Any:
        return (says,) if isinstance(says, str) else says

    @field_validator("says")
    @classmethod
    def _known(cls, says: tuple[str, ...]) -> tuple[str, ...]:
        if not says or not _LABELS.issuperset(says):
            msg = f"{says!r} are no labels; there are: {', '.join(sorted(_LABELS))}"
            raise ValueError(msg)
        return says


class SentimentWords(_Strict):
    """A small lexicon: valences from -4 (worst) to 4 (best), as VADER uses them."""

    words: Mapping[str, Annotated[float, Field(ge=-4, le=4)]]
    phrases: Mapping[str, Annotated[float, Field(ge=-4, le=4)]] = Field(default_factory=dict)
    boosters: Mapping[str, Annotated[float, Field(ge=-1, le=1)]] = Field(default_factory=dict)


class Rulebook(_Strict):
    """The rules of one language."""

    language: Annotated[str, Field(pattern=r"^([a-z]{2}|any)$")]
    negations: tuple[str, ...] = ()
    conditionals: tuple[str, ...] = ()
    """Words that turn what is praised into what is wished for: ``would``."""
    courtesies: tuple[str, ...] = ()
    """Greetings, thanks in advance and a mail program's lines: they say nothing."""
    rules: tuple[Rule, ...]
    sentiment: SentimentWords | None = None
    """For English corrections of VADER's own lexicon, else the whole lexicon; none for the rules
    of every language."""

    @model_validator(mode="after")
    def _findable(self) -> "Rulebook":
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen or not rule.id.startswith(f"{self.language}."):
                msg = f"rule {rule.id}: ids are unique and begin with {self.language}."
                raise ValueError(msg)
            seen.add(rule.id)
            _check(rule.id, rule.phrases)
        _check("courtesies", self.courtesies)
        return self


def _check(owner: str, phrases: tuple[str, ...]) -> None:
    PhraseIndex({owner: phrases})
    for phrase in phrases:
        if not _BRACKETS.fullmatch(phrase):
            msg = f"{owner}: {phrase!r}: alternatives in brackets cannot be nested"
            raise ValueError(msg)


def load_rules() -> Mapping[str, Rulebook]:
    """The packaged rules by language; raises ``RulesInvalidError``."""
    folder = files("workers.feedback.classification.rules")
    books: dict[str, Rulebook] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        book = parse_rules(file.read_text(encoding="utf-8"), file.name)
        if f"{book.language}.yaml" != file.name:
            msg = f"{file.name} holds the rules of {book.language!r}"
            raise RulesInvalidError(msg)
        books[book.language] = book
    return books


def parse_rules(text: str, name: str) -> Rulebook:
    """One file's rules; raises ``RulesInvalidError``."""
    try:
        content: Any = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe loader, in C
        return Rulebook.model_validate(content)
    except (yaml.YAMLError, ValueError) as error:
        msg = f"{name}: {error}"
        raise RulesInvalidError(msg) from error


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
