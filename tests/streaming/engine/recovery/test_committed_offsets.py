"""What a group has committed, read from the broker's answer."""

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.commit import OffsetFetchResponse_v3

from workers.streaming.engine.recovery.committed import offsets_in

GROUP = "productops-feedback"


def answer(*partitions: tuple[int, int, str, int], error: int = 0) -> OffsetFetchResponse_v3:
    """An answer about one topic; ``error`` of all of it, as Kafka's coordinator gives it."""
    topics = [("received", list(partitions))] if partitions else []
    return OffsetFetchResponse_v3(0, topics, error)


def test_offsets_come_with_what_was_kept_beside_them() -> None:
    """A partition that was never committed is left out."""
    found = offsets_in(answer((0, 7, "t=5", 0), (1, -1, "", 0), (2, 0, "", 0)), GROUP)
    assert found == {
        TopicPartition("received", 0): (7, "t=5"),
        TopicPartition("received", 2): (0, ""),
    }


@pytest.mark.parametrize(
    ("code", "error"), [(14, GroupLoadInProgressError), (16, NotCoordinatorForGroupError)]
)
def test_a_coordinator_that_cannot_say_yet_is_asked_again(
    code: int, error: type[KafkaError]
) -> None:
    """While a coordinator loads or has moved, its empty answer is no absence of offsets."""
    with pytest.raises(error, match=GROUP) as raised:
        offsets_in(answer(error=code), GROUP)
    assert raised.value.retriable


def test_what_is_refused_is_told() -> None:
    """A missing right on the group or on a topic is an error, and trying again does not help."""
    with pytest.raises(GroupAuthorizationFailedError) as raised:
        offsets_in(answer(error=30), GROUP)
    assert not raised.value.retriable
    with pytest.raises(TopicAuthorizationFailedError, match="received partition 1"):
        offsets_in(answer((0, 7, "", 0), (1, -1, "", 29)), GROUP)
