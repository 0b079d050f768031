"""What a group has committed, asked of the broker and not of a cache.

The clients' own ways of asking take a coordinator that is being loaded, or has moved, for one
that knows of no offsets: Kafka tells that by an error of the whole answer, which they do not
read. A task would begin anew, or halt for a person.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.commit import OffsetFetchRequest

__all__ = ["CommittedOffsets", "GroupOffsets", "Offsets", "offsets_in"]

Offsets = Mapping[TopicPartition, tuple[int, str]]


class GroupOffsets(Protocol):
    """Where a task reads the offsets of its group from."""

    async def __call__(self, tps: Iterable[TopicPartition], /) -> Offsets:
        """Next offset and metadata of each partition; partitions never committed are absent."""
        ...


class CommittedOffsets:
    """Reads a group's offsets with an admin client that lives for one question."""

    def __init__(self, settings: Mapping[str, Any], group: str) -> None:
        self._settings = settings
        self._group = group

    async def __call__(self, tps: Iterable[TopicPartition], /) -> Offsets:
        """Ask the group's coordinator; raises ``KafkaError``, which may say to ask again."""
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for tp in tps:
            wanted[tp.topic].append(tp.partition)
        request = OffsetFetchRequest(self._group, list(wanted.items()))
        admin = AIOKafkaAdminClient(**self._settings)
        try:
            await admin.start()
            coordinator = await admin.find_coordinator(self._group)
            answer = await admin._send_request(request, coordinator)  # noqa: SLF001 - no public way
        finally:
            await admin.close()
        return offsets_in(answer, self._group)


def offsets_in(answer: Any, group: str) -> Offsets:
    """The offsets of an ``OffsetFetchResponse``; raises the ``KafkaError`` that it tells."""
    found: dict[TopicPartition, tuple[int, str]] = {}
    if answer.error_code:
        raise for_code(answer.error_code)(group)
    for topic, partitions in answer.topics:
        for partition, offset, metadata, error_code in partitions:
            if error_code:
                raise for_code(error_code)(f"{group}, {topic} partition {partition}")
            if offset >= 0:
                found[TopicPartition(topic, partition)] = (offset, metadata)
    return found
