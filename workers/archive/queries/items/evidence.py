"""What the JSON columns of an item hold: evidence, targets, and the score of five columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

__all__ = ["Evidence", "ScoreSeen", "TargetSeen", "evidence", "score", "targets"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which rule spoke for which label (``kind=bug``), on which words or for which reason."""

    label: str
    rule: str
    words: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class TargetSeen:
    """One receiver an item was sent to, by which route, under which conditions."""

    receiver: str
    route: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScoreSeen:
    """A score with its scale; ``low`` is the worst value, ``normalised`` is 0 to 1."""

    raw: float
    low: float
    high: float
    scale: str
    normalised: float


def evidence(value: Sequence[Mapping[str, Any]] | None) -> tuple[Evidence, ...]:
    """The column ``matches``."""
    return tuple(
        Evidence(
            match.get("label", ""),
            match.get("rule", ""),
            tuple(match.get("words") or ()),
            match.get("reason") or "",
        )
        for match in value or ()
    )


def targets(value: Sequence[Mapping[str, Any]] | None) -> tuple[TargetSeen, ...]:
    """The column ``targets``."""
    return tuple(
        TargetSeen(target.get("receiver", ""), target.get("route", ""), target.get("reason", ""))
        for target in value or ()
    )


def score(row: Row[Any]) -> ScoreSeen | None:
    """The ``score_...`` columns of an item or a part."""
    if row.score_raw is None:
        return None
    return ScoreSeen(
        row.score_raw, row.score_low, row.score_high, row.score_scale, row.score_normalised
    )
