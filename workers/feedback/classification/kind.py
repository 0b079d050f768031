"""What the customer wants from us: the rules' votes and the signals', and how sure that is."""

import math
from collections.abc import Iterable, Iterator, Mapping

from schemas.feedback import Channel, Kind
from workers.feedback.classification.labels import ClassifiableText
from workers.feedback.classification.rules.evidence import Evidence

__all__ = ["decide_kind", "signals_of_kind"]

_ENOUGH = 0.8
"""Votes below which nothing is said."""
_NOTHING = 1.0
"""Weight of "something else" in the confidence."""
_SHARPNESS = 0.9
"""Calibrated on half of the labelled sets (``benchmarks/classification.py``)."""

_ASKED_ABOUT = (Kind.BUG, Kind.FEATURE_REQUEST)
_TOLD = 2.0
"""Votes from which a fault or a wish has been told."""
_ASKING_TOO = 0.8
"""Who tells of a fault or a wish often closes with a question: it counts so much less then."""

_NAMED = 1.5
_LOOSELY_NAMED = 1.0
_SOUNDS_HAPPY = 0.6
"""Less than enough: polite words are happy ones, so that some word has to praise as well."""

_LOW_SCORE = 0.4
_HIGH_SCORE = 0.75
_BAD_TONE = -0.3
_GOOD_TONE = 0.4

_PRECEDENCE = (
    Kind.BUG,
    Kind.FEATURE_REQUEST,
    Kind.QUESTION,
    Kind.COMPLAINT,
    Kind.PRAISE,
    Kind.OTHER,
)
"""Of equals the first wins: what somebody has to act on goes before what one may read."""

_NAMES: Mapping[str, Kind] = {
    "bug": Kind.BUG,
    "bug report": Kind.BUG,
    "bugs": Kind.BUG,
    "defect": Kind.BUG,
    "problem": Kind.BUG,
    "incident": Kind.BUG,
    "feature": Kind.FEATURE_REQUEST,
    "feature request": Kind.FEATURE_REQUEST,
    "enhancement": Kind.FEATURE_REQUEST,
    "idea": Kind.FEATURE_REQUEST,
    "suggestion": Kind.FEATURE_REQUEST,
    "question": Kind.QUESTION,
    "how to": Kind.QUESTION,
    "complaint": Kind.COMPLAINT,
    "praise": Kind.PRAISE,
    "compliment": Kind.PRAISE,
}
"""What tools and their users call the kinds; ``problem`` and ``incident`` are Zendesk's."""
_LOOSE = frozenset({"problem", "incident"})
"""Support desks call so whatever makes a customer unhappy, complaints included."""


def signals_of_kind(text: ClassifiableText, tone: float) -> Iterator[Evidence]:
    """What speaks for a kind beside the words."""
    for tag in text.tags:
        yield from _named(tag, "tag", f"tagged {tag}")
    if (kind := text.attributes.get("type")) is not None:
        yield from _named(kind, "type", f"type {kind} in the tool")
    if text.channel is Channel.POST:
        yield Evidence(
            "signal.channel", "kind=feature_request", 0.6, reason="posted on a feedback board"
        )
    if text.score is not None:
        score = text.score
        said = f"score {score.raw:g} of {max(score.low, score.high):g}"
        if score.normalised <= _LOW_SCORE:
            yield Evidence("signal.score", "kind=complaint", 1.0, reason=said)
        elif score.normalised >= _HIGH_SCORE:
            yield Evidence("signal.score", "kind=praise", 1.0, reason=said)
    if tone <= _BAD_TONE:
        yield Evidence("signal.tone", "kind=complaint", 0.8, reason="the words sound unhappy")
    elif tone >= _GOOD_TONE:
        yield Evidence("signal.tone", "kind=praise", _SOUNDS_HAPPY, reason="the words sound happy")


def _named(value: str, rule: str, reason: str) -> Iterator[Evidence]:
    name = value.casefold().replace("-", " ").replace("_", " ").strip()
    kind = _NAMES.get(name)
    if kind is not None:
        weight = _LOOSELY_NAMED if name in _LOOSE else _NAMED
        yield Evidence(f"signal.{rule}", f"kind={kind.value}", weight, reason=reason[:256])


def decide_kind(evidence: Iterable[Evidence]) -> tuple[Kind, float]:
    """The kind with most votes and the share of confidence that it has."""
    votes = dict.fromkeys(_PRECEDENCE, 0.0)
    for one in evidence:
        name, _, value = one.label.partition("=")
        if name == "kind":
            votes[Kind(value)] += one.strength
    if max(votes[kind] for kind in _ASKED_ABOUT) >= _TOLD:
        votes[Kind.QUESTION] *= _ASKING_TOO
    best = max(_PRECEDENCE, key=lambda kind: votes[kind])
    weights = {kind: math.exp(_SHARPNESS * vote) for kind, vote in votes.items() if vote}
    total = math.exp(_SHARPNESS * _NOTHING) + sum(weights.values())
    if votes[best] < _ENOUGH:
        # silence is weak evidence: never more than half sure
        return Kind.OTHER, round(math.exp(_SHARPNESS * _NOTHING) / total / 2, 3)
    return best, round(weights[best] / total, 3)
