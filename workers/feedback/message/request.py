"""The message about an item that a receiver is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.feedback import FeedbackReceived, Kind, Target
from schemas.notification import Fact, MessageRequested
from workers.config.team import Team
from workers.feedback.classification.labels import Labels
from workers.feedback.classification.reading.text import ReadText
from workers.feedback.item.identity import digest
from workers.feedback.message.excerpt import excerpt
from workers.feedback.routing.decision import Decision

__all__ = ["About", "message_id", "request"]

_MAX_ID = 256
_MAX_TITLE = 150
_MAX_FACT = 256
_KINDS: Mapping[Kind, str] = {
    Kind.BUG: "Bug report",
    Kind.FEATURE_REQUEST: "Feature request",
    Kind.QUESTION: "Question",
    Kind.COMPLAINT: "Complaint",
    Kind.PRAISE: "Praise",
    Kind.OTHER: "Feedback",
}


def message_id(item_id: str, revision: int, receiver: str) -> str:
    """The idempotency key: the same route of the same item to the same receiver."""
    whole = f"feedback/{item_id}/{revision}/{receiver}"
    return whole if len(whole) <= _MAX_ID else f"feedback/{digest(item_id)}/{revision}/{receiver}"


@dataclass(frozen=True, slots=True)
class About:
    """What there is to say: the part that gave rise to it, its labels, where it goes."""

    part: FeedbackReceived
    read: ReadText
    labels: Labels
    decision: Decision
    revision: int
    """Of the route."""
    team: Team


def request(about: About, target: Target) -> MessageRequested:
    """The message for one receiver: a masked quotation, the facts, the link to the tool."""
    part = about.part
    return MessageRequested(
        message_id=message_id(part.item_id, about.revision, target.receiver),
        receiver=target.receiver,
        title=_title(about),
        body=excerpt(about.read.body, part.customer),
        link=part.url,
        facts=tuple(_facts(about, target)),
        mention=about.decision.owner,
        about=part.item_id,
    )


def _title(about: About) -> str:
    area = about.team.area(about.labels.area) if about.labels.area else None
    what = _KINDS[about.labels.kind] + (f" in {area.name}" if area else "")
    if not about.read.subject:
        return f"{what} from {about.part.source_name}"[:_MAX_TITLE]
    room = max(_MAX_TITLE - len(what) - 2, 20)
    return f"{what}: {excerpt(about.read.subject, about.part.customer, room)}"[:_MAX_TITLE]


def _facts(about: About, target: Target) -> Iterator[Fact]:
    labels, team, score = about.labels, about.team, about.part.score
    area = team.area(labels.area) if labels.area else None
    owner = team.person(about.decision.owner) if about.decision.owner else None
    yield _fact("Kind", _KINDS[labels.kind])
    if area:
        yield _fact("Area", area.name)
    yield _fact("Urgency", labels.urgency.value)
    yield _fact("Sentiment", labels.sentiment.value)
    if score:
        yield _fact("Score", f"{score.raw:g} of {max(score.low, score.high):g}")
    if owner:
        yield _fact("Owner", owner.name)
    yield _fact("Source", about.part.source_name)
    yield _fact("Route", f"{target.route}: {target.reason}")


def _fact(label: str, value: str) -> Fact:
    short = value if len(value) <= _MAX_FACT else f"{value[: _MAX_FACT - 1]}…"
    return Fact(label=label, value=short)
