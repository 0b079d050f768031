"""Whether a Kafka answers."""

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

__all__ = ["answers_metadata"]


def answers_metadata(bootstrap: str, *, timeout: float = 2.0) -> bool:
    """Whether a metadata request is answered with at least one live broker."""
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            bootstrap_timeout_ms=int(timeout * 1000),
            request_timeout_ms=int(timeout * 1000),
        )
    except (KafkaError, OSError):
        return False
    try:
        return bool(admin.describe_cluster().get("brokers"))
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()
