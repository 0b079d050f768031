"""Whether a Kafka answers, and which."""

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

__all__ = ["answers_metadata", "cluster_at"]


def answers_metadata(bootstrap: str, *, timeout: float = 2.0) -> bool:
    """Whether a metadata request is answered with at least one live broker."""
    return cluster_at(bootstrap, timeout=timeout) is not None


def cluster_at(bootstrap: str, *, timeout: float = 2.0) -> str | None:
    """Id of the cluster that answers a metadata request there with at least one live broker."""
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            bootstrap_timeout_ms=int(timeout * 1000),
            request_timeout_ms=int(timeout * 1000),
        )
    except (KafkaError, OSError):
        return None
    try:
        told = admin.describe_cluster()
    except (KafkaError, OSError):
        return None
    finally:
        admin.close()
    return str(told["cluster_id"]) if told.get("brokers") else None
