"""Parts of items, a team and its routes, as the tests of the feedback worker need them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from schemas.envelope import Event
from schemas.feedback import FeedbackReceived
from schemas.platform import ClockTicked
from schemas.topics import CLASSIFIED, CLOCK_TICKED, RECEIVED, REQUESTED, ROUTED, Topic
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.classification.rules_classifier import RulesClassifier
from workers.feedback.processor import FeedbackProcessor
from workers.feedback.routing.tree import RouteTree
from workers.processor import Emission, Outcome

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = int((START + timedelta(days=2)).timestamp() * 1000)
DAY = 86_400_000

TEAM = Team.model_validate(
    {
        "company": "Northwind Bikes",
        "live_since": "2026-03-01",
        "people": [
            {"id": "ana", "name": "Ana Costa"},
            {"id": "bo", "name": "Bo Lund"},
            {"id": "cy", "name": "Cy Ito"},
        ],
        "teams": [{"id": "payments", "name": "Payments"}],
        "areas": [
            {
                "id": "billing",
                "name": "Billing",
                "owner": "ana",
                "team": "payments",
                "keywords": ["invoice", "refund", "charged twice"],
            },
            {"id": "app", "name": "Mobile app", "owner": "cy", "keywords": ["phone", "app"]},
        ],
    }
)

ROUTE = Route.model_validate(
    {
        "receiver": "everybody",
        "owner": "bo",
        "due_in": "5d",
        "routes": [
            {
                "name": "urgent",
                "match": "urgency >= high",
                "receiver": "incidents",
                "due_in": "1h",
                "continue": True,
            },
            {
                "name": "billing",
                "match": "area = billing",
                "receiver": "payments",
                "owner": "area",
                "routes": [{"name": "twice", "match": 'text =~ "charged twice"', "due_in": "4h"}],
            },
        ],
    }
)


@cache
def classifier() -> RulesClassifier:
    """The models, loaded once for all tests; they hold no state."""
    return RulesClassifier(TEAM.areas)


def processor(route: Route = ROUTE, **team: Any) -> FeedbackProcessor:
    """A processor over the team, some of its fields replaced."""
    chosen = TEAM.model_copy(update=team)
    return FeedbackProcessor(classifier(), RouteTree(route, chosen), chosen)


def received(
    text: str = "", *, item: str = "desk:ticket:1", hours: float = 0, **fields: Any
) -> Event[FeedbackReceived]:
    """A part of an item, made ``hours`` after the item."""
    at = START + timedelta(hours=hours)
    content = {
        "item_id": item,
        "source_name": item.split(":", maxsplit=1)[0],
        "vendor": "zendesk",
        "channel": "ticket",
        "part": "opening",
        "part_id": fields.get("part", "opening"),
        "text": text,
        "created_at": START,
        "updated_at": at,
        **fields,
    }
    part = FeedbackReceived.model_validate(content)
    return Event[FeedbackReceived](
        id=f"{part.part_id}/{item}/{at.isoformat()}",
        source=f"/sources/{part.source_name}",
        type=RECEIVED.name,
        time=part.updated_at,
        partitionkey=item,
        data=part,
    )


def ticked(days: float = 0) -> Event[ClockTicked]:
    """A clock tick, ``days`` after the start."""
    at = START + timedelta(days=days)
    return Event[ClockTicked](
        id=f"0/{at.isoformat()}",
        source="/workers/clock",
        type=CLOCK_TICKED.name,
        time=at,
        partitionkey="0",
        data=ClockTicked(partition=0),
    )


def of(topic: Topic, outcome: Outcome[Any]) -> list[Any]:
    """Data of what was written to a topic, in order."""
    return [one.data for one in outcome.emissions if one.topic == topic.name]


def classified(outcome: Outcome[Any]) -> list[Any]:
    """The classifications in an outcome."""
    return of(CLASSIFIED, outcome)


def routed(outcome: Outcome[Any]) -> list[Any]:
    """The routes in an outcome."""
    return of(ROUTED, outcome)


def requested(outcome: Outcome[Any]) -> list[Any]:
    """The messages asked for in an outcome."""
    return of(REQUESTED, outcome)


def applied(state: Mapping[str, Any], outcome: Outcome[Any]) -> dict[str, Any]:
    """The state after an outcome."""
    after = {**state, **outcome.changes}
    return {key: row for key, row in after.items() if row is not None}


def written(emissions: Sequence[Emission]) -> str:
    """All bytes that were written, as text."""
    return "\n".join(one.value.decode() for one in emissions)
