"""A producer without a broker that remembers what it was told, and fails where it is to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from workers.processor import Emission

__all__ = ["RecordingProducer"]


@dataclass
class RecordingProducer:
    """Has the methods of ``Producer`` that a chunk needs."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    """What a method raises instead, by its name."""
    end: int | None = None
    """Where the changelog ends after a commit."""

    def _tell(self, *what: Any) -> None:
        if what[0] in self.failing:
            raise self.failing[what[0]]
        self.told.append(what)

    async def begin(self) -> None:
        """See ``Producer``."""
        self._tell("begin")

    async def write_events(
        self, emissions: Iterable[Emission], partitions: Mapping[str, int]
    ) -> None:
        """See ``Producer``."""
        del partitions
        found = [(one.topic, one.key) for one in emissions]
        if found:
            self._tell("events", found)

    async def write_rows(
        self, topic: str, partition: int, rows: Iterable[tuple[bytes, bytes | None]]
    ) -> None:
        """See ``Producer``."""
        self._tell("rows", topic, partition, dict(rows))

    async def send_offsets(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: str
    ) -> None:
        """See ``Producer``."""
        stands = {tp: (one.offset, one.metadata) for tp, one in offsets.items()}
        self._tell("offsets", group, stands)

    async def commit(self) -> None:
        """See ``Producer``."""
        self._tell("commit")

    def reached(self, topic: str, partition: int) -> int | None:
        """See ``Producer``."""
        del topic, partition
        return self.end
