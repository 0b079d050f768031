"""A small run of the system as its topics would hold it: what came, what became of it."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.envelope import Data, Event
from schemas.feedback import (
    Channel,
    FeedbackClassified,
    FeedbackReceived,
    FeedbackRouted,
    Kind,
    Part,
    Sentiment,
    Target,
    Urgency,
)
from schemas.notification import MessageRequested, MessageSettled, Outcome
from schemas.platform import CheckpointSaved, DeadLetter, ErrorClass, Origin
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLASSIFIED,
    RECEIVED,
    REQUESTED,
    ROUTED,
    SETTLED,
    Topic,
    topic_named,
)
from workers.demo.expected import Expected
from workers.demo.tally import Tally
from workers.demo.verdict import Evidence, Report, judge

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

TICKETS = ("support:ticket:1", "support:ticket:2", "support:ticket:3")
ANSWERS = ("survey:row:1", "survey:row:2")
TOLD = TICKETS[:2]
REPLY = "comment:7"
"""What the customer of the first ticket says later."""


@dataclass(frozen=True)
class Row:
    """One record of a topic."""

    topic: str
    value: bytes


def row(topic: Topic, name: str, data: Data, source: str = "/workers/feedback") -> Row:
    """The record of an event."""
    event = Event[type(data)](  # type: ignore[misc]
        id=name, source=source, type=topic.name, time=NOW, partitionkey="key", data=data
    )
    return Row(topic.name, event.to_json())


def source_of(item: str) -> str:
    """The source an item came from."""
    return item.split(":", maxsplit=1)[0]


def received(item: str, version: int = 1, part: str = "opening") -> Row:
    """A part of an item in one of its versions."""
    data = FeedbackReceived(
        item_id=item,
        source_name=source_of(item),
        vendor="zendesk",
        channel=Channel.TICKET,
        part=Part(part.split(":", maxsplit=1)[0]),
        part_id=part,
        created_at=NOW,
        updated_at=NOW,
    )
    return row(RECEIVED, f"{item}/{part}/{version}", data, f"/sources/{source_of(item)}")


def classified(item: str, revision: int = 1) -> Row:
    """Its labels."""
    data = FeedbackClassified(
        item_id=item,
        source_name=source_of(item),
        revision=revision,
        language="en",
        kind=Kind.BUG,
        sentiment=Sentiment.NEGATIVE,
        urgency=Urgency.HIGH,
        confidence=0.75,
        model_version="keywords-1",
    )
    return row(CLASSIFIED, f"{item}@c{revision}", data)


def routed(item: str, revision: int = 1, **fields: Any) -> Row:
    """Its route."""
    data = FeedbackRouted(
        item_id=item,
        source_name=source_of(item),
        revision=revision,
        classified_revision=1,
        **{
            "team": "billing",
            "owner": "ada",
            "targets": (Target(receiver="#pay", route="money", reason="kind = bug"),),
            "announced": item in TOLD,
            **fields,
        },
    )
    return row(ROUTED, f"{item}@r{revision}", data)


def requested(item: str) -> Row:
    """A message about it."""
    data = MessageRequested(message_id=f"m/{item}", receiver="#pay", title="A bug", about=item)
    return row(REQUESTED, f"{item}@q", data)


def settled(item: str, outcome: Outcome = Outcome.DELIVERED) -> Row:
    """How the message ended."""
    data = MessageSettled(
        message_id=f"m/{item}",
        receiver="#pay",
        outcome=outcome,
        attempts=1,
        about=item,
        settled_at=NOW,
    )
    return row(SETTLED, f"{item}@s", data, "/workers/delivery")


def dead(record: str, source: str | None = "survey") -> Row:
    """A record that could not be mapped, or that a worker could not handle."""
    data = DeadLetter(
        origin=Origin(topic=RECEIVED.name, source_name=source, record_id=record),
        error_class=ErrorClass.MAPPING,
        message="the score is 11, the scale ends at 10",
        value=b64encode(b"raw"),
        role="connectors",
        worker_version="0.1.0",
        first_failed_at=NOW,
        last_failed_at=NOW,
    )
    return row(topic_named(RECEIVED.dead_letters), f"{source}/{record}", data)


def checkpoint(source: str, *, finished: bool) -> Row:
    """How far a source has been read."""
    data = CheckpointSaved(
        source_name=source, vendor="zendesk", last_success=NOW if finished else None
    )
    return row(CHECKPOINT_SAVED, f"{source}/{finished}", data, f"/sources/{source}")


@dataclass(frozen=True)
class Run:
    """What was in the topics, and what was seen beside them."""

    rows: Sequence[Row]
    expected: Expected
    evidence: Evidence

    def report(self, rows: Iterable[Row] | None = None) -> Report:
        """The verdict on this run, or on other rows beside the same evidence."""
        tally = Tally()
        for one in self.rows if rows is None else rows:
            tally.add(one.topic, one.value)
        return judge(tally, self.expected, self.evidence, 12.34)


def good_run() -> Run:
    """Everything has arrived: five items, one with a reply, one bad row, two messages."""
    items = (*TICKETS, *ANSWERS)
    rows = [
        checkpoint("support", finished=False),
        *(received(item) for item in items),
        received(TICKETS[0], part=REPLY),
        dead("history.csv:7"),
        *(classified(item) for item in items),
        classified(TICKETS[0], revision=2),
        *(routed(item) for item in TICKETS),
        *(routed(item, team=None, owner=None) for item in ANSWERS),
        routed(TICKETS[0], revision=2),
        *(requested(item) for item in TOLD),
        *(settled(item) for item in TOLD),
        checkpoint("support", finished=True),
        checkpoint("survey", finished=True),
    ]
    parts = {
        "support": frozenset({(TICKETS[0], REPLY), *((item, "opening") for item in TICKETS)}),
        "survey": frozenset((item, "opening") for item in ANSWERS),
    }
    expected = Expected(
        items={"support": frozenset(TICKETS), "survey": frozenset(ANSWERS)},
        parts=parts,
        versions={source: dict.fromkeys(there, 1) for source, there in parts.items()},
        dead={"support": 0, "survey": 1},
        announced=frozenset(TOLD),
        later=frozenset(),
    )
    evidence = Evidence(delivered={f"m/{item}": 1 for item in TOLD}, on_page=frozenset(items))
    return Run(rows, expected, evidence)
