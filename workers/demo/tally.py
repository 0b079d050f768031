"""What has flowed, counted from the records of the topics. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from schemas.feedback import FeedbackClassified, FeedbackReceived, FeedbackRouted
from schemas.notification import MessageRequested, MessageSettled
from schemas.platform import CheckpointSaved, DeadLetter
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLASSIFIED,
    RECEIVED,
    REGISTRY,
    REQUESTED,
    ROUTED,
    SETTLED,
)

__all__ = ["COUNTED_TOPICS", "Line", "Tally"]

COUNTED_TOPICS = (
    RECEIVED,
    CLASSIFIED,
    ROUTED,
    REQUESTED,
    SETTLED,
    CHECKPOINT_SAVED,
    *(topic for topic in REGISTRY if topic.data is DeadLetter),
)
_MODELS = {topic.name: topic.event_model() for topic in COUNTED_TOPICS}


@dataclass(frozen=True, slots=True)
class Line:
    """Something worth showing as it happens."""

    stage: str
    text: str


@dataclass(slots=True)
class Tally:
    """Counts by identity: what is repeated in a topic is told apart from what is new."""

    received: dict[str, set[str]] = field(default_factory=dict)
    """Identities of received events by source."""
    repeated: int = 0
    """Received events whose identity had been received before."""
    items: dict[str, set[str]] = field(default_factory=dict)
    """Item ids by source."""
    versions: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    """By source, how many distinct events there are of a part: item id and part id."""
    classified: Counter[str] = field(default_factory=Counter)
    """First classifications by item: more than 1 is a fault."""
    routed: Counter[str] = field(default_factory=Counter)
    """First routings by item: more than 1 is a fault."""
    teams: Counter[str] = field(default_factory=Counter)
    requested: set[str] = field(default_factory=set)
    """Message ids."""
    about: dict[str, str] = field(default_factory=dict)
    """Item by message id."""
    settled: dict[str, str] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    """Dead letters: identity and what they were about."""
    dead_by_source: Counter[str] = field(default_factory=Counter)
    """Distinct dead letters by source; those of workers count for ``workers``."""
    finished: set[str] = field(default_factory=set)
    """Sources that have been read to their end once."""

    unreadable: Counter[str] = field(default_factory=Counter)
    """Records by topic that are no events of it: each is a fault."""

    def add(self, topic: str, value: bytes | None) -> Line | None:
        """Count one record; a deletion (no value) says nothing."""
        if value is None:
            return None
        try:
            event = _MODELS[topic].from_json(value)
        except ValidationError:
            self.unreadable[topic] += 1
            return Line("unreadable", f"a record of {topic}")
        return self._count(event.identity, event.data)

    def _count(self, identity: str, data: Any) -> Line | None:
        match data:
            case FeedbackReceived():
                return self._received(identity, data)
            case FeedbackClassified(revision=1):
                self.classified[data.item_id] += 1
            case FeedbackRouted(revision=1):
                self.routed[data.item_id] += 1
                self.teams[data.team or "none"] += 1
                if data.announced:
                    whom = data.owner or data.team or data.targets[0].receiver
                    return Line("routed", f"{data.item_id} to {whom}: {data.targets[0].reason}")
            case MessageRequested():
                self.requested.add(data.message_id)
                self.about[data.message_id] = data.about
            case MessageSettled():
                self.settled[data.message_id] = data.outcome.value
                self.about[data.message_id] = data.about
                return Line(data.outcome.value, f"{data.about} to {data.receiver}")
            case DeadLetter(settled=None):
                if identity not in self.dead:
                    self.dead_by_source[data.origin.source_name or "workers"] += 1
                self.dead[identity] = data.origin.record_id or data.origin.topic
                return Line("dead letter", f"{data.origin.record_id}: {data.message}")
            case CheckpointSaved(last_success=moment) if moment is not None:
                self.finished.add(data.source_name)
            case _:
                pass
        return None

    def _received(self, identity: str, data: FeedbackReceived) -> Line | None:
        known = self.received.setdefault(data.source_name, set())
        if identity in known:
            self.repeated += 1
        else:
            known.add(identity)
            versions = self.versions.setdefault(data.source_name, Counter())
            versions[data.item_id, data.part_id] += 1
        self.items.setdefault(data.source_name, set()).add(data.item_id)
        return None

    def counts(self) -> Mapping[str, int]:
        """Totals for a live view."""
        return {
            "received": sum(len(known) for known in self.received.values()),
            "items": sum(len(known) for known in self.items.values()),
            "classified": len(self.classified),
            "routed": len(self.routed),
            "messages": len(self.requested),
            "delivered": sum(1 for outcome in self.settled.values() if outcome == "delivered"),
            "dead letters": len(self.dead),
        }
