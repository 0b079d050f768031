"""A topic that a client would wait for without an end is told before one is started."""

from collections.abc import Callable

import pytest

from schemas.topics import Topic
from workers.config.settings import KafkaSettings
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.rights import of_reading
from workers.streaming.topics.admin import apply_registry
from workers.streaming.topics.at_hand import check_at_hand, fault_of


def described(*leaders: int, error: int = 0) -> dict[str, object]:
    """A topic as Kafka describes it, with the leaders of its partitions."""
    partitions = [
        {"partition_index": number, "leader_id": leader} for number, leader in enumerate(leaders)
    ]
    return {"name": "orders", "error_code": error, "partitions": partitions}


def test_a_topic_with_a_leader_for_each_partition_is_at_hand() -> None:
    """Whichever they are."""
    assert fault_of(described(3, 0, 1)) is None


def test_partitions_without_a_leader_are_named() -> None:
    """With what to do about it."""
    told = fault_of(described(-1, 0, -1))
    assert told is not None
    assert told.startswith("orders has no leader for partition 0, 2: brokers")


@pytest.mark.kafka
def test_a_topic_that_does_not_exist_is_told_with_the_command(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """And it is not made by asking for it."""
    topic = Topic(f"test.{unique('absent')}.v1", "key", "nothing")
    for _ in range(2):
        with pytest.raises(
            ClusterError, match=rf"{topic.name} does not exist: .*productops topics"
        ):
            check_at_hand(kafka_cluster, of_reading([topic]))
    apply_registry(kafka_cluster, [topic])
    check_at_hand(kafka_cluster, of_reading([topic]))
