"""Which cluster the offsets belong to."""

from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import connect

__all__ = ["cluster_id"]


def cluster_id(kafka: KafkaSettings) -> str:
    """The cluster's own id. Blocking; raises ``ClusterError`` when no broker answers."""
    with connect(kafka) as admin:
        return str(admin.describe_cluster()["cluster_id"])
