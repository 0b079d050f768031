"""Rights on a cluster's topics, groups and transactional ids: the least that a role needs.

Only what nothing else implies is listed: Kafka lets whoever may read or write a topic, and
whoever may read a group, describe it as well, and whoever may write any topic produce
idempotently.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from schemas.topics import CLOCK_TICKED, REGISTRY, Topic

__all__ = [
    "Operation",
    "Resource",
    "Right",
    "constant",
    "group_of",
    "of_administration",
    "of_group",
    "of_reading",
    "of_stream",
    "of_transactions",
    "of_watching",
    "of_writing",
    "with_checks",
]


class Resource(StrEnum):
    """What a right is about, as ``kafka-acls`` calls it."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


class Operation(StrEnum):
    """What may be done, as ``kafka-acls`` calls it."""

    ALTER_CONFIGS = "AlterConfigs"
    CREATE = "Create"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    READ = "Read"
    WRITE = "Write"


def constant(word: Resource | Operation) -> str:
    """The same as a constant of Kafka's protocol: ``DESCRIBE_CONFIGS``, ``TRANSACTIONAL_ID``."""
    spaced = "".join(f"_{letter}" if letter.isupper() else letter for letter in word)
    return spaced.strip("_").replace("-", "_").upper()


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that may be done to one resource, or to all whose names begin so."""

    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False

    def __str__(self) -> str:
        return f"{self.operation} on {self.resource} {self.name}{'*' if self.prefixed else ''}"


def of_reading(topics: Iterable[Topic]) -> frozenset[Right]:
    """To read topics."""
    return _on_topics(topics, Operation.READ)


def of_writing(topics: Iterable[Topic]) -> frozenset[Right]:
    """To write topics."""
    return _on_topics(topics, Operation.WRITE)


def of_group(name: str) -> frozenset[Right]:
    """To be a member of a group and commit its offsets."""
    return frozenset({Right(Resource.GROUP, name, Operation.READ)})


def of_watching(name: str) -> frozenset[Right]:
    """To see who is in a group and what it has committed."""
    return frozenset({Right(Resource.GROUP, name, Operation.DESCRIBE)})


def of_transactions(name: str, *, prefixed: bool) -> frozenset[Right]:
    """To write transactions under an id, or under all ids that begin so."""
    return frozenset({Right(Resource.TRANSACTIONAL_ID, name, Operation.WRITE, prefixed)})


def with_checks(needed: frozenset[Right]) -> frozenset[Right]:
    """These and, for the check at the start, to see the settings of the topics in them."""
    names = {right.name for right in needed if right.resource is Resource.TOPIC}
    return needed | {Right(Resource.TOPIC, name, Operation.DESCRIBE_CONFIGS) for name in names}


def of_administration(topics: Iterable[Topic]) -> frozenset[Right]:
    """To look at topics and their settings, to create them, to change their settings."""
    topics = tuple(topics)
    needed = (
        Operation.ALTER_CONFIGS,
        Operation.CREATE,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
    )
    return frozenset(right for operation in needed for right in _on_topics(topics, operation))


def of_stream(
    role: str, inputs: Iterable[Topic], outputs: Iterable[Topic], changelog: Topic | None
) -> frozenset[Right]:
    """What the platform needs to run a processor: see ``engine.role`` and ``engine.task``."""
    read = {topic.name: topic for topic in (*inputs, CLOCK_TICKED)}.values()
    state = () if changelog is None else (changelog,)
    letters = [topic for topic in REGISTRY if topic.name in {one.dead_letters for one in read}]
    return (
        of_reading((*read, *state))
        | of_writing((*outputs, *state, *letters))
        | of_group(group_of(role))
        | of_transactions(f"{group_of(role)}-", prefixed=True)
    )


def group_of(role: str) -> str:
    """Consumer group of a stream role."""
    return f"productops-{role}"


def _on_topics(topics: Iterable[Topic], operation: Operation) -> frozenset[Right]:
    return frozenset(Right(Resource.TOPIC, topic.name, operation) for topic in topics)
