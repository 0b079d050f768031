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
    return (
        rights.of_reading([*Feedback.inputs, *Feedback.retold, *states])
        | rights.of_writing([*Feedback.retold, *states])
        | frozenset[Right]().union(*map(rights.of_watching, groups))
        | frozenset[Right]().union(
            *(rights.of_transactions(f"{group}-", prefixed=True) for group in groups)
        )
    )


HOLDERS: Mapping[str, Callable[[], frozenset[Right]]] = {
    "connectors": _connectors,
    "feedback": _feedback,
    "delivery": _delivery,
    "archive": _archive,
    "web": _letters,
    "topics": lambda: rights.of_administration(REGISTRY),
    "letters": _letters,
    "rebuild": _rebuild,
    "reader": lambda: rights.of_reading(REGISTRY),
}
"""Who signs in to Kafka: the roles of ``productops run`` (``web`` for its buttons alone, what it
shows it reads from SQL), and four for people: ``topics`` applies the registry and checks
connections, ``letters`` handles dead letters, ``rebuild`` replays and migrates states, ``reader``
looks at events and states. Each loads what it asks, when it is asked."""


def rights_by_holder() -> Mapping[str, frozenset[Right]]:
    """The rights of all of them."""
    return {name: find() for name, find in HOLDERS.items()}
