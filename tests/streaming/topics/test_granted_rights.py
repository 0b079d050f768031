"""What a cluster tells of our rights, and what it does not."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from kafka import KafkaAdminClient
from kafka.errors import (
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    KafkaError,
)

from schemas.topics import RECEIVED, ROUTED
from workers.streaming.access.errors import AccessError
from workers.streaming.access.rights import of_group, of_reading, of_transactions, of_writing
from workers.streaming.topics.granted import described_with_rights

RIGHTS = (
    of_reading([RECEIVED, ROUTED])
    | of_writing([ROUTED])
    | of_group("mine")
    | of_transactions("mine-", prefixed=True)
)
TOPIC_REFUSED = 29


class Cluster:
    """Answers as a cluster that grants this."""

    def __init__(
        self, topics: Mapping[str, Mapping[str, Any]], group: KafkaError | None = None
    ) -> None:
        self._topics = topics
        self._group = group

    def describe_topics(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """What is known of each topic."""
        return [{"name": name, "error_code": 0, **self._topics.get(name, {})} for name in names]

    def describe_groups(self, names: Sequence[str]) -> None:
        """Whether we may see it."""
        del names
        if self._group is not None:
            raise self._group


def asked(
    topics: Mapping[str, Mapping[str, Any]], group: KafkaError | None = None
) -> Mapping[str, Mapping[str, Any]]:
    """What is described where such a cluster is asked for the rights."""
    return described_with_rights(cast("KafkaAdminClient", Cluster(topics, group)), RIGHTS)


ALL = {
    RECEIVED.name: {"authorized_operations": ["READ", "DESCRIBE"]},
    ROUTED.name: {"authorized_operations": ["READ", "WRITE"]},
}


@pytest.mark.parametrize("topics", [ALL, {}, {ROUTED.name: {"authorized_operations": []}}])
def test_what_is_granted_or_not_told_passes(topics: Mapping[str, Mapping[str, Any]]) -> None:
    """A cluster that tells nothing refuses when it is asked to do it, and not before."""
    assert asked(topics).keys() == {RECEIVED.name, ROUTED.name}


def test_a_group_whose_coordinator_is_being_made_is_no_missing_right() -> None:
    """Any other error than the refusal itself."""
    assert asked(ALL, CoordinatorNotAvailableError())


def test_every_right_that_is_missing_is_named() -> None:
    """All at once, so that nobody grants them one by one."""
    topics = {
        RECEIVED.name: {"error_code": TOPIC_REFUSED},
        ROUTED.name: {"authorized_operations": ["READ"]},
    }
    with pytest.raises(AccessError) as refused:
        asked(topics, GroupAuthorizationFailedError())
    said = str(refused.value)
    for right in (f"Read on topic {RECEIVED.name}", f"Write on topic {ROUTED.name}"):
        assert right in said
    assert "Read on group mine" in said
    assert f"Read on topic {ROUTED.name}" not in said
    assert "productops topics acls" in said
