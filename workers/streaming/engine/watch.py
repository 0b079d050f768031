"""What a task tells about its doing: metrics in production, a record in tests."""

from collections.abc import Hashable, Mapping
from typing import Protocol

from schemas.platform import ErrorClass

__all__ = ["TaskWatch"]


class TaskWatch(Protocol):
    """Called on the event loop. Must not block and does not raise."""

    def restored(self, partition: int, rows: int, seconds: float) -> None:
        """The task's state is back."""
        ...

    def taken(self, records: int) -> None:
        """Records came in from a fetch."""
        ...

    def done(self, records: int) -> None:
        """Records taken in are committed or given up."""
        ...

    def lag(self, partition: int, events: int) -> None:
        """Records of the partition's inputs that wait in Kafka or here."""
        ...

    def assigned(self) -> None:
        """An assignment of partitions came."""
        ...

    def committed(
        self,
        partition: int,
        *,
        events: int,
        emitted: int,
        dead: Mapping[ErrorClass, int],
        counts: Mapping[tuple[str, Hashable], int],
        seconds: float,
        rows: int,
        newest: int,
        oldest: int,
    ) -> None:
        """A chunk is done; ``newest`` and ``oldest`` are event times in ms, 0 without events."""
        ...

    def aborted(self, partition: int) -> None:
        """A transaction was aborted and will be tried again."""
        ...

    def fenced(self, partition: int) -> None:
        """Another process owns the task now."""
        ...

    def halted(self, partition: int) -> None:
        """Too many records die: the task stands still until a person acts."""
        ...

    def closed(self, partition: int) -> None:
        """The task is given up; its series must go."""
        ...
