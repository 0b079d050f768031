"""Where a role's group stands in its inputs, beside what Kafka still holds of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from workers.streaming.engine.halts.retained import holds, retained
from workers.streaming.engine.recovery.committed import CommittedOffsets
from workers.streaming.engine.role import Role
from workers.streaming.engine.stream_time import from_metadata

__all__ = ["Stand", "stands"]


@dataclass(frozen=True, slots=True)
class Stand:
    """One partition of an input."""

    topic: str
    partition: int
    committed: int | None
    """Next offset to read; ``None`` where the group has committed none."""
    start: int
    """First offset that Kafka holds."""
    end: int
    """The one after its last."""
    stream_time: int = 0
    """In milliseconds, as committed with the offset; 0 where that is unknown."""

    @property
    def expired(self) -> bool:
        """Whether the committed offset is no place to go on from: the role's task halts."""
        known = self.committed
        return known is not None and not holds(self.topic, known, self.start, self.end)

    @property
    def lag(self) -> int:
        """Records that wait; of a partition without an offset all of them."""
        begin = self.start if self.committed is None else max(self.committed, self.start)
        return max(0, self.end - begin)


async def stands(
    role: Role, settings: Mapping[str, Any], partitions: Iterable[int] | None = None
) -> Sequence[Stand]:
    """Of all inputs, the clock too, in the order of topics; raises ``KafkaError``."""
    numbers = range(role.partitions) if partitions is None else list(partitions)
    tps = [TopicPartition(topic.name, number) for topic in role.inputs for number in numbers]
    committed = await CommittedOffsets(settings, role.group)(tps)
    held = await retained(settings, tps)
    found = []
    for tp in tps:
        offset, metadata = committed.get(tp, (None, ""))
        found.append(Stand(tp.topic, tp.partition, offset, *held[tp], from_metadata(metadata)))
    return found
