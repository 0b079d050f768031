"""When Kafka last answered a consumer: it is asked several times a second while all is well."""

from aiokafka import AIOKafkaConsumer

__all__ = ["last_answer"]


def last_answer(consumer: AIOKafkaConsumer) -> float | None:
    """When Kafka last answered a fetch, in ms since the epoch; ``None`` where none is due.

    0 before the first answer, and where there is neither a partition nor a coordinator.
    """
    subscription = consumer._subscription.subscription  # noqa: SLF001 - no public way
    assignment = subscription.assignment if subscription is not None else None
    states = [assignment.state_value(tp) for tp in assignment.tps] if assignment else []
    answers = [state.timestamp or 0.0 for state in states if not state.paused]
    if answers:
        return float(max(answers))
    coordinator = getattr(consumer, "_coordinator", None)
    known = coordinator is not None and coordinator.coordinator_id is not None
    return None if known or states else 0.0
