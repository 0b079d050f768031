"""How soon somebody should look: words first, then the tool's priority, score and tier.

Business priority is not in the words; what can be told is severity (outage, data loss, money,
being blocked) and what the tool or the customer says about it.
"""

from collections.abc import Iterable, Iterator, Mapping

from schemas.feedback import Kind, Urgency
from workers.feedback.classification.labels import ClassifiableText
from workers.feedback.classification.rules.evidence import Evidence

__all__ = ["decide_urgency", "signals_of_urgency"]

_ORDER = tuple(Urgency)
_PRIORITIES: Mapping[str, Urgency] = {
    "urgent": Urgency.CRITICAL,
    "critical": Urgency.CRITICAL,
    "blocker": Urgency.CRITICAL,
    "p0": Urgency.CRITICAL,
    "p1": Urgency.CRITICAL,
    "highest": Urgency.CRITICAL,
    "high": Urgency.HIGH,
    "p2": Urgency.HIGH,
    "major": Urgency.HIGH,
    "low": Urgency.LOW,
    "lowest": Urgency.LOW,
    "minor": Urgency.LOW,
    "trivial": Urgency.LOW,
    "p4": Urgency.LOW,
}
"""What tools call their priorities. Source: Zendesk (low, normal, high, urgent) and Jira."""
_IMPORTANT_TIERS = ("enterprise", "vip", "platinum", "premium", "strategic", "key account")
_VERY_LOW_SCORE = 0.2
_UNHAPPY = (Kind.BUG, Kind.COMPLAINT)


def signals_of_urgency(text: ClassifiableText, kind: Kind) -> Iterator[Evidence]:
    """What speaks for an urgency beside the words."""
    priority = text.attributes.get("priority", "").casefold()
    if urgency := _PRIORITIES.get(priority):
        yield _signal("priority", urgency, f"priority {priority} in the tool")
    score = text.score
    if score is not None and score.normalised <= _VERY_LOW_SCORE and kind in _UNHAPPY:
        said = f"score {score.raw:g} of {max(score.low, score.high):g}"
        yield _signal("score", Urgency.HIGH, said)
    tier = (text.tier or "").casefold()
    if kind in _UNHAPPY and any(important in tier for important in _IMPORTANT_TIERS):
        yield _signal("tier", Urgency.HIGH, f"a {kind.value} of a customer of tier {tier}"[:256])
    if kind is Kind.PRAISE:
        yield _signal("praise", Urgency.LOW, "praise can wait")


def _signal(rule: str, urgency: Urgency, reason: str) -> Evidence:
    return Evidence(f"signal.{rule}", f"urgency={urgency.value}", 1.0, reason=reason)


def decide_urgency(evidence: Iterable[Evidence]) -> Urgency:
    """The most urgent that anything speaks for; low only where nothing speaks for more."""
    said = {
        Urgency(value)
        for name, _, value in (one.label.partition("=") for one in evidence)
        if name == "urgency"
    }
    return max(said, key=_ORDER.index) if said else Urgency.NORMAL
