"""Whether topics can be used now, before a client is started that would wait for them.

A consumer waits without an end for a topic that does not exist, that it may not see, or of whose
partitions one has no leader.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from workers.config.settings import KafkaSettings
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.rights import Right
from workers.streaming.topics.admin import connect
from workers.streaming.topics.granted import described_with_rights

__all__ = ["check_at_hand", "fault_of"]

_UNKNOWN = 3


def check_at_hand(kafka: KafkaSettings, rights: Iterable[Right]) -> None:
    """Return where the topics are there and the rights granted, as far as the cluster tells.

    Raises ``AccessError`` naming every right that is missing, and ``ClusterError``.
    """
    with connect(kafka) as admin:
        described = described_with_rights(admin, rights)
    faults = [fault for found in described.values() if (fault := fault_of(found)) is not None]
    if faults:
        raise ClusterError("; ".join(faults))


def fault_of(described: Mapping[str, Any]) -> str | None:
    """Why a topic cannot be used, if so; ``described`` is Kafka's description of it."""
    if described["error_code"] == _UNKNOWN:
        return f"topic {described['name']} does not exist: create it with: productops topics apply"
    leaderless = [
        str(one["partition_index"]) for one in described["partitions"] if one["leader_id"] < 0
    ]
    if leaderless:
        return (
            f"{described['name']} has no leader for partition {', '.join(sorted(leaderless))}: "
            "brokers with its replicas are away. Start them, then try again"
        )
    return None
