"""Before a role starts: the topics must be there, with the partitions that are declared.

Invariant 9: partition counts are part of the contract. A task is partition *p* of each of its
topics, and a key is looked for where the declared count puts it; on other counts state and
events would part without any error.
"""

from collections.abc import Callable, Sequence

from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import apply_registry, plan_registry
from workers.streaming.topics.plan import Action, Plan

__all__ = ["TopicsUnsuitableError", "check_topics", "prepare_topics", "require"]


class TopicsUnsuitableError(Exception):
    """Topics are missing or differ from what is declared. The message names them and the remedy."""


def check_topics(
    kafka: KafkaSettings, look: Callable[[KafkaSettings], Plan] = plan_registry
) -> None:
    """Raises ``TopicsUnsuitableError``; ``AccessError`` where the cluster refuses us.

    Raises ``ClusterError`` where it does not answer: the check has to be made later, then.
    """
    require(look(kafka))


def require(plan: Plan) -> None:
    """Raises ``TopicsUnsuitableError`` unless every topic is there, as wide as declared.

    A topic of events must not be compacted, nor a changelog be cut off by age: either loses
    records that are needed. Other settings are an operator's affair.
    """
    refused = _unsuitable(plan)
    missing = [change.topic for change in plan.changes if change.action is Action.CREATE]
    if missing:
        refused.append(f"missing: {', '.join(missing)}. Create with: productops topics apply")
    _raise(refused)


def prepare_topics(
    kafka: KafkaSettings,
    look: Callable[[KafkaSettings], Plan] = plan_registry,
    apply: Callable[[KafkaSettings], object] = apply_registry,
) -> None:
    """Create and configure what is missing, unless a topic needs a person first.

    Raises ``TopicsUnsuitableError`` then, before anything is changed, and ``ClusterError``.
    """
    _raise(_unsuitable(look(kafka)))
    apply(kafka)


def _unsuitable(plan: Plan) -> list[str]:
    """What only a person may decide, about topics that are there."""
    refused = [f"{change.topic} {change.detail}" for change in plan.refused]
    return refused + [
        f"{change.topic} has another cleanup.policy than {change.settings['cleanup.policy']} and "
        "may have lost records already. Look what it still holds; then set it with: productops "
        "topics apply"
        for change in plan.changes
        if change.action is Action.CONFIGURE and "cleanup.policy" in change.settings
    ]


def _raise(refused: Sequence[str]) -> None:
    if refused:
        raise TopicsUnsuitableError("the topics are not as declared: " + "; ".join(refused))
