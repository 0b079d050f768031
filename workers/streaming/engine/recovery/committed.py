"""What a group has committed, asked of the broker and not of a cache."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

__all__ = ["CommittedOffsets", "GroupOffsets"]


class GroupOffsets(Protocol):
    """Where a task reads the offsets of its group from."""

    async def __call__(
        self, tps: Iterable[TopicPartition], /
    ) -> Mapping[TopicPartition, tuple[int, str]]:
        """Next offset and metadata of each partition; partitions never committed are absent."""
        ...


class CommittedOffsets:
    """Reads a group's offsets with an admin client that lives for one question."""

    def __init__(self, settings: Mapping[str, Any], group: str) -> None:
        self._settings = settings
        self._group = group

    async def __call__(
        self, tps: Iterable[TopicPartition], /
    ) -> Mapping[TopicPartition, tuple[int, str]]:
        """Ask the group's coordinator; raises ``KafkaError``."""
        admin = AIOKafkaAdminClient(**self._settings)
        try:
            await admin.start()
            found = await admin.list_consumer_group_offsets(self._group, partitions=list(tps))
        finally:
            await admin.close()
        return {
            tp: (committed.offset, committed.metadata)
            for tp, committed in found.items()
            if committed.offset >= 0
        }
