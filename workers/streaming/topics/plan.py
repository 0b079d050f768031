"""The difference between the registry and a cluster, as a pure function.

Never lowers partitions (Kafka cannot, and raising them moves keys), never deletes a topic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.topics import Topic

__all__ = ["Action", "Change", "Existing", "Plan", "plan", "replication_for"]

_MAX_REPLICATION = 3
_OF_A_NEW_TOPIC = {"cleanup.policy": "delete"}
"""What Kafka takes where nothing is set."""


class Action(StrEnum):
    """What ``apply`` does about a difference."""

    CREATE = "create"
    CONFIGURE = "configure"
    REFUSE = "refuse"
    """A person has to decide; ``apply`` leaves it alone and fails."""


@dataclass(frozen=True, slots=True)
class Existing:
    """A topic as the cluster has it."""

    partitions: int
    replication: int
    settings: Mapping[str, str]
    """Only those that were set on the topic itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    action: Action
    topic: str
    detail: str
    settings: Mapping[str, str] = field(default_factory=dict)
    partitions: int = 0
    replication: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """All differences; an empty plan means the cluster is as declared."""

    changes: Sequence[Change]

    @property
    def refused(self) -> Sequence[Change]:
        """What needs a person."""
        return [change for change in self.changes if change.action is Action.REFUSE]


def replication_for(brokers: int) -> int:
    """Replication factor for a cluster of this size: all brokers, at most three."""
    return max(1, min(brokers, _MAX_REPLICATION))


def plan(registry: Sequence[Topic], existing: Mapping[str, Existing], brokers: int) -> Plan:
    """What must change for the cluster to be as the registry declares."""
    changes: list[Change] = []
    replication = replication_for(brokers)
    for topic in registry:
        settings = _settings(topic, replication)
        present = existing.get(topic.name)
        if present is None:
            detail = f"{topic.partitions} partitions, replication {replication}, {topic.cleanup}"
            changes.append(
                Change(Action.CREATE, topic.name, detail, settings, topic.partitions, replication)
            )
            continue
        changes += _differences(topic, present, settings)
    return Plan(changes)


def _settings(topic: Topic, replication: int) -> dict[str, str]:
    """With three copies a write must reach two; with fewer every copy must be able to be away."""
    return {**topic.settings(), "min.insync.replicas": "2" if replication > 2 else "1"}  # noqa: PLR2004


def _differences(topic: Topic, present: Existing, settings: Mapping[str, str]) -> list[Change]:
    found: list[Change] = []
    if present.partitions != topic.partitions:
        found.append(
            Change(
                Action.REFUSE,
                topic.name,
                f"has {present.partitions} partitions, declared are {topic.partitions}. The number "
                "decides which partition a key is in, so it is never changed in place: create the "
                "topic anew (empty), or run the workers against a cluster where it is free",
            )
        )
    wrong = {
        name: value
        for name, value in settings.items()
        if present.settings.get(name, _OF_A_NEW_TOPIC.get(name)) != value
    }
    if wrong:
        detail = ", ".join(
            f"{name}: {present.settings.get(name, 'default')} -> {value}"
            for name, value in sorted(wrong.items())
        )
        found.append(Change(Action.CONFIGURE, topic.name, detail, wrong))
    return found
