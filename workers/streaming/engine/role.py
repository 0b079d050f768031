"""A role: one processor, its side effects, its consumer group. What a worker registers."""

from dataclasses import dataclass
from typing import Any

from schemas.topics import CLOCK_TICKED, Topic
from workers.processor import Processor, SideEffects
from workers.streaming.access.rights import group_of

__all__ = ["Role"]


@dataclass(frozen=True, slots=True)
class Role:
    """One Faust app, one consumer group, one task a partition."""

    processor: Processor[Any, Any]
    side_effects: SideEffects[Any] | None = None

    @property
    def name(self) -> str:
        """The processor's name."""
        return self.processor.name

    @property
    def group(self) -> str:
        """Consumer group, and prefix of the transactional ids."""
        return group_of(self.name)

    @property
    def inputs(self) -> tuple[Topic, ...]:
        """The processor's inputs and the clock, without which timers stand still."""
        inputs = tuple(self.processor.inputs)
        return inputs if CLOCK_TICKED in inputs else (*inputs, CLOCK_TICKED)

    @property
    def partitions(self) -> int:
        """Number of tasks; raises ``ValueError`` where inputs differ in their partitions."""
        topics = [*self.inputs]
        if self.processor.changelog is not None:
            topics.append(self.processor.changelog)
        counts = {topic.partitions for topic in topics}
        if len(counts) != 1:
            found = ", ".join(f"{topic.name}: {topic.partitions}" for topic in topics)
            raise ValueError(
                f"the inputs and the changelog of role {self.name} must have the same number of "
                f"partitions, for a task is partition p of each: {found}"
            )
        return counts.pop()
