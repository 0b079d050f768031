"""The topic registry: every topic of the system as data, declared once.

``productops topics plan|apply`` brings a cluster to this state; ``asyncapi.yaml`` is
generated from it. Automatic topic creation is off everywhere. Names follow
``<domain>.<entity>.<event>.v<N>``, lower case and dots only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.envelope import Data, Event
from schemas.feedback import FeedbackClassified, FeedbackReceived, FeedbackRouted
from schemas.notification import MessageRequested, MessageSettled
from schemas.platform import CheckpointSaved, ClockTicked, DeadLetter

__all__ = [
    "AHEAD_MS",
    "CHECKPOINT_SAVED",
    "CLASSIFIED",
    "CLOCK_TICKED",
    "DELIVERY_CHANGELOG",
    "FEEDBACK_CHANGELOG",
    "MAX_RECORD_BYTES",
    "RECEIVED",
    "REGISTRY",
    "REQUESTED",
    "ROUTED",
    "SETTLED",
    "Cleanup",
    "Topic",
    "dead_letter_topic",
    "topic_named",
]

DAY_MS = 86_400_000
MAX_RECORD_BYTES = 1_048_576
"""The largest record a topic takes, its key and headers included (Kafka's own default)."""
AHEAD_MS = 3_600_000
"""How far ahead of its own clock a broker takes records (Kafka 3.6 and newer; the default of 4.0).
Stream time follows the dates of records and never goes back."""
PARTITIONS = 4
"""Of every topic on the way of feedback: co-partitioned by item."""


class Cleanup(StrEnum):
    """What Kafka does with old records."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: what it holds, keyed by what, in how many partitions, for how long."""

    name: str
    key: str
    """What the record key is; records of one key keep their order."""
    summary: str
    data: type[Data] | None = None
    """Model of the event's data; ``None`` for raw changelogs."""
    partitions: int = PARTITIONS
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int = 400 * DAY_MS
    """Meaningless for a compacted topic."""
    personal: bool = False
    """Whether records hold personal data."""
    config: tuple[tuple[str, str], ...] = field(default=())
    """Further topic settings as Kafka names them."""

    @property
    def dead_letters(self) -> str:
        """Name of the topic that takes this topic's dead letters."""
        return dead_letter_topic(self.name)

    def settings(self) -> dict[str, str]:
        """Topic settings as Kafka names them."""
        settings = {
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": str(MAX_RECORD_BYTES + 65_536),
            "message.timestamp.after.max.ms": str(AHEAD_MS),
            **dict(self.config),
        }
        if self.cleanup is Cleanup.DELETE:
            settings["retention.ms"] = str(self.retention_ms)
        return settings

    def event_model(self) -> type[Event[Any]]:
        """The envelope with this topic's data; raises ``LookupError`` for a raw topic."""
        if self.data is None:
            msg = f"topic {self.name} holds no events"
            raise LookupError(msg)
        return Event[self.data]  # type: ignore[name-defined]


def dead_letter_topic(name: str) -> str:
    """The dead-letter topic of a topic."""
    return f"{name}.dlq"


RECEIVED = Topic(
    "feedback.item.received.v1",
    "item",
    "A ticket, answer, post, call or message, normalised; the only topic with customer identity.",
    FeedbackReceived,
    personal=True,
)
CLASSIFIED = Topic(
    "feedback.item.classified.v1",
    "item",
    "Kind, area, sentiment, urgency and language of an item, with the words that say so.",
    FeedbackClassified,
    personal=True,  # words as customers wrote them: anything may stand there
)
ROUTED = Topic(
    "feedback.item.routed.v1",
    "item",
    "Team and owner of an item, by which route, for which reason.",
    FeedbackRouted,
)
REQUESTED = Topic(
    "notification.message.requested.v1",
    "message",
    "What to tell whom; the message id is the idempotency key.",
    MessageRequested,
    personal=True,
)
SETTLED = Topic(
    "notification.message.settled.v1",
    "message",
    "How a message ended: delivered, failed for good, or expired.",
    MessageSettled,
)
CHECKPOINT_SAVED = Topic(
    "connector.checkpoint.saved.v1",
    "source",
    "How far a source has been read, and whether it is well.",
    CheckpointSaved,
    partitions=1,
    cleanup=Cleanup.COMPACT,
)
CLOCK_TICKED = Topic(
    "platform.clock.ticked.v1",
    "partition",
    "The passing of time, to every partition, so that quiet sources do not stop timers.",
    ClockTicked,
    retention_ms=DAY_MS,
)

_CHANGELOG = (("min.cleanable.dirty.ratio", "0.3"), ("segment.ms", str(DAY_MS)))


def _changelog(role: str, summary: str, *, personal: bool = False) -> Topic:
    return Topic(
        f"platform.{role}.changelog.v1",
        "state key",
        summary,
        cleanup=Cleanup.COMPACT,
        personal=personal,
        config=_CHANGELOG,
    )


FEEDBACK_CHANGELOG = _changelog(
    "feedback",
    "State of the feedback role: one row an item, with the words that its labels rest on.",
    personal=True,
)
DELIVERY_CHANGELOG = _changelog(
    "delivery", "State of the delivery role: the outbox, one row a message.", personal=True
)

_EVENTS = (RECEIVED, CLASSIFIED, ROUTED, REQUESTED, SETTLED, CHECKPOINT_SAVED, CLOCK_TICKED)


def _dead_letters(origin: Topic) -> Topic:
    return Topic(
        origin.dead_letters,
        "as origin",
        f"Records of {origin.name} that could not be read or handled, raw, with the reason.",
        DeadLetter,
        partitions=origin.partitions,
        retention_ms=90 * DAY_MS,
        personal=origin.personal,
    )


REGISTRY: tuple[Topic, ...] = (
    *_EVENTS,
    FEEDBACK_CHANGELOG,
    DELIVERY_CHANGELOG,
    *(_dead_letters(topic) for topic in (RECEIVED, CLASSIFIED, ROUTED, REQUESTED)),
)
"""Every topic, changelogs and dead-letter topics included."""


def topic_named(name: str) -> Topic:
    """The registered topic of this name; raises ``LookupError`` with the nearest names."""
    for topic in REGISTRY:
        if topic.name == name:
            return topic
    known = ", ".join(sorted(_names()))
    msg = f"no topic {name!r} in the registry; there are: {known}"
    raise LookupError(msg)


def _names() -> Iterator[str]:
    return (topic.name for topic in REGISTRY)
