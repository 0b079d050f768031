"""What each role, and each command of a person, may do on the cluster: no more than it needs."""

from collections.abc import Callable, Mapping

from schemas.platform import DeadLetter
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLOCK_TICKED,
    RECEIVED,
    REGISTRY,
    topic_named,
)
from workers.streaming.access import rights
from workers.streaming.access.rights import Right

__all__ = ["HOLDERS", "rights_by_holder"]


def _connectors() -> frozenset[Right]:
    return rights.with_checks(
        rights.of_reading([CHECKPOINT_SAVED])
        | rights.of_writing([RECEIVED, topic_named(RECEIVED.dead_letters)])
        | rights.of_writing([CHECKPOINT_SAVED, CLOCK_TICKED])
        | rights.of_transactions("source-", prefixed=True)
    )


def _feedback() -> frozenset[Right]:
    from workers.feedback.processor import FeedbackProcessor as One  # noqa: PLC0415

    return rights.with_checks(rights.of_stream(One.name, One.inputs, One.outputs, One.changelog))


def _delivery() -> frozenset[Right]:
    from workers.delivery.outbox import Outbox as One  # noqa: PLC0415

    return rights.with_checks(rights.of_stream(One.name, One.inputs, One.outputs, One.changelog))


def _archive() -> frozenset[Right]:
    from workers.archive.intake.source import GROUP  # noqa: PLC0415
    from workers.archive.projection import ARCHIVED_TOPICS  # noqa: PLC0415

    return rights.with_checks(rights.of_reading(ARCHIVED_TOPICS) | rights.of_group(GROUP))


def _letters() -> frozenset[Right]:
    from workers.letters.writer import TRANSACTIONAL_ID  # noqa: PLC0415

    letters = [topic for topic in REGISTRY if topic.data is DeadLetter]
    origins = [topic for topic in REGISTRY if topic.dead_letters in {one.name for one in letters}]
    return (
        rights.of_reading(letters)
        | rights.of_writing([*origins, *letters])
        | rights.of_transactions(TRANSACTIONAL_ID, prefixed=False)
    )


def _rebuild() -> frozenset[Right]:
    from workers.delivery.outbox import Outbox  # noqa: PLC0415
    from workers.feedback.processor import FeedbackProcessor as Feedback  # noqa: PLC0415

    states = [one.changelog for one in (Feedback, Outbox) if one.changelog is not None]
    groups = [rights.group_of(one.name) for one in (Feedback, Outbox)]
    inputs = [*Feedback.inputs, *Outbox.inputs, CLOCK_TICKED]
    return (
        rights.of_reading([*inputs, *Feedback.retold, *states])
        | rights.of_writing([*Feedback.retold, *states])
        | frozenset[Right]().union(*map(rights.of_group, groups))
        | frozenset[Right]().union(
            *(rights.of_transactions(f"{group}-", prefixed=True) for group in groups)
        )
    )


def _reader() -> frozenset[Right]:
    from workers.runtime.stream_roles import STREAM_ROLES  # noqa: PLC0415

    groups = [rights.of_watching(rights.group_of(name)) for name in STREAM_ROLES]
    return rights.of_reading(REGISTRY).union(*groups)


HOLDERS: Mapping[str, Callable[[], frozenset[Right]]] = {
    "connectors": _connectors,
    "feedback": _feedback,
    "delivery": _delivery,
    "archive": _archive,
    "web": _letters,
    "topics": lambda: rights.of_administration(REGISTRY),
    "letters": _letters,
    "rebuild": _rebuild,
    "reader": _reader,
}
"""Who signs in to Kafka: the roles of ``productops run`` (``web`` for its buttons alone, what it
shows it reads from SQL), and four for people: ``topics`` applies the registry and checks
connections, ``letters`` handles dead letters, ``rebuild`` replays, migrates and clears states and
moves offsets, ``reader`` looks at events, states and offsets. Each loads what it asks, when it is
asked."""


def rights_by_holder() -> Mapping[str, frozenset[Right]]:
    """The rights of all of them."""
    return {name: find() for name, find in HOLDERS.items()}
