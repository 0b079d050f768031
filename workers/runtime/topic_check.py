"""Before a role starts: the topics must be there, with the partitions that are declared.

Invariant 9: partition counts are part of the contract. A task is partition *p* of each of its
topics, and a key is looked for where the declared count puts it; on other counts state and
events would part without any error.
"""

from collections.abc import Callable

import structlog

from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import AccessError, ClusterError, plan_registry
from workers.streaming.topics.plan import Action, Plan

__all__ = ["TopicsUnsuitableError", "check_topics", "require"]

log = structlog.get_logger(__name__)


class TopicsUnsuitableError(Exception):
    """Topics are missing or differ from what is declared. The message names them and the remedy."""


def check_topics(
    kafka: KafkaSettings, look: Callable[[KafkaSettings], Plan] = plan_registry
) -> None:
    """Raises ``TopicsUnsuitableError``; ``AccessError`` where the cluster refuses us.

    One that does not answer is left to the role.
    """
    try:
        plan = look(kafka)
    except AccessError:
        raise
    except ClusterError as error:
        log.warning("topics_not_checked", reason=str(error))
        return
    require(plan)


def require(plan: Plan) -> None:
    """Raises ``TopicsUnsuitableError`` unless every topic is there, as wide as declared.

    A topic of events must not be compacted, nor a changelog be cut off by age: either loses
    records that are needed. Other settings are an operator's affair.
    """
    refused = [f"{change.topic} {change.detail}" for change in plan.refused]
    refused += [
        f"{change.topic} has another cleanup.policy than {change.settings['cleanup.policy']} and "
        "may have lost records already. Look what it still holds; then set it with: productops "
        "topics apply"
        for change in plan.changes
        if change.action is Action.CONFIGURE and "cleanup.policy" in change.settings
    ]
    missing = [change.topic for change in plan.changes if change.action is Action.CREATE]
    if missing:
        refused.append(f"missing: {', '.join(missing)}. Create with: productops topics apply")
    if refused:
        raise TopicsUnsuitableError("the topics are not as declared: " + "; ".join(refused))
