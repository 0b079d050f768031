"""The words people use: scenarios with alternatives, read from ``phrases/*.yaml``.

A scenario is something a customer may want to say. It has some subjects and, for each
sentence of the text, some ways to put it; ``{slots}`` are filled in when it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

__all__ = ["Firm", "Manners", "Phrasebook", "Scenario", "phrasebook"]

_SCENARIO_FILES = ("scheduling", "billing", "mobile", "general", "german", "spanish", "french")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something a customer may want to say, and the ways to say it."""

    id: str
    language: str
    area: str | None
    kind: str
    urgency: str
    tags: tuple[str, ...]
    subjects: tuple[str, ...]
    sentences: tuple[tuple[str, ...], ...]
    """Alternatives for each sentence in turn; a later one may be left out."""
    paired: bool
    """Whether the n-th subject belongs to the n-th first sentence."""


@dataclass(frozen=True, slots=True)
class Manners:
    """What surrounds the message in one language."""

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    agent: Mapping[str, tuple[str, ...]]
    """An agent's first answer, by the kind of ticket."""
    solved: tuple[str, ...]
    follow_up: Mapping[str, tuple[str, ...]]
    """What the customer adds later, by the kind of ticket."""
    rating: Mapping[str, tuple[str, ...]]
    """Words beside a CSAT score, by ``good`` and ``bad``."""
    months: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Firm:
    """A customer firm before it has an account."""

    name: str
    domain: str
    country: str
    language: str


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """All the words."""

    scenarios: tuple[Scenario, ...]
    incident: Scenario
    manners: Mapping[str, Manners]
    notes: tuple[str, ...]
    """Internal notes of agents."""
    firms: tuple[Firm, ...]
    given: Mapping[str, tuple[str, ...]]
    family: Mapping[str, tuple[str, ...]]
    agents: tuple[str, ...]
    survey: Mapping[str, tuple[str, ...]]
    """Words beside an NPS score, by band and language: ``promoter.en``."""


def _yaml(name: str) -> Any:
    file = resources.files("connectors.sandbox.company.words") / "phrases" / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _scenario(raw: Mapping[str, Any], language: str, area: str | None) -> Scenario:
    return Scenario(
        id=raw["id"],
        language=language,
        area=raw.get("area", area),
        kind=raw["kind"],
        urgency=raw.get("urgency", "normal"),
        tags=tuple(raw.get("tags", ())),
        subjects=tuple(raw["subjects"]),
        sentences=tuple(tuple(alternatives) for alternatives in raw["sentences"]),
        paired=raw.get("paired", False),
    )


def _lists(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {str(key): tuple(str(value) for value in values) for key, values in raw.items()}


def _manners(raw: Mapping[str, Any]) -> Manners:
    return Manners(
        greetings=tuple(raw["greetings"]),
        closings=tuple(raw["closings"]),
        agent=_lists(raw["agent"]),
        solved=tuple(raw["solved"]),
        follow_up=_lists(raw["follow_up"]),
        rating=_lists(raw["rating"]),
        months=tuple(raw["months"]),
        slots=_lists(raw["slots"]),
    )


@cache
def phrasebook() -> Phrasebook:
    """All the words; the files are read once."""
    scenarios: list[Scenario] = []
    for name in _SCENARIO_FILES:
        raw = _yaml(name)
        scenarios += [
            _scenario(each, raw.get("language", "en"), raw.get("area")) for each in raw["scenarios"]
        ]
    incident = _yaml("incident")
    names = _yaml("names")
    return Phrasebook(
        scenarios=tuple(scenarios),
        incident=_scenario(incident, "en", incident["area"]),
        manners={language: _manners(raw) for language, raw in _yaml("manners").items()},
        notes=tuple(names["notes"]),
        firms=tuple(Firm(**firm) for firm in names["firms"]),
        given=_lists(names["given"]),
        family=_lists(names["family"]),
        agents=tuple(names["agents"]),
        survey=_lists(_yaml("survey")),
    )
