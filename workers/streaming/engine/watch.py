"""What a task tells about its doing: metrics in production, a record in tests."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.platform import ErrorClass
from workers.processor import Emission, Record

__all__ = ["ChunkDone", "TaskWatch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDone:
    """What became of a chunk. Its records and writings are references, not copies."""

    events: int
    """Records that were events."""
    emitted: int
    """Records written to outputs, dead letters not among them."""
    dead: Mapping[ErrorClass, int] = field(default_factory=dict)
    counts: Mapping[tuple[str, Hashable], int] = field(default_factory=dict)
    """What its processor counts; see ``workers.processor.Outcome``."""
    rows: int = 0
    """Rows of state after it."""
    newest: int = 0
    oldest: int = 0
    """Event times in ms; 0 without events."""
    seconds: float
    """Time of the whole chunk."""
    transaction_seconds: float = 0.0
    """The part of it from begin to commit: 0 for a chunk without a transaction."""
    records: Sequence[Record] = ()
    """Input records, the dead ones among them."""
    written: Sequence[Emission] = ()
    """What was written to topics, dead letters among it."""

    @property
    def failed(self) -> int:
        """Records dead-lettered."""
        return sum(self.dead.values())

    @property
    def idle(self) -> bool:
        """Whether it was but the passing of time."""
        return not (self.events or self.emitted or self.dead)


class TaskWatch(Protocol):
    """Called on the event loop. Must not block and does not raise."""

    def restored(self, partition: int, rows: int, seconds: float, *, read: int = 0) -> None:
        """The task's state is back: so many rows, after so long, by ``read`` changelog records."""
        ...

    def standby(self, partition: int, rows: int | None) -> None:
        """Rows of the copy that is kept of another process's task; ``None``: there is none."""
        ...

    def taken(self, records: int) -> None:
        """Records came in from a fetch."""
        ...

    def done(self, records: int) -> None:
        """Records taken in are committed or given up."""
        ...

    def lag(self, partition: int, events: int, seconds: float = 0.0) -> None:
        """Records of the partition's inputs that wait in Kafka or here.

        ``seconds``: how long ago the oldest of them was written (its Kafka timestamp); 0 when
        nothing waits. Where the oldest has not been fetched, since when it is known to wait.
        """
        ...

    def queued(self, partition: int, records: int, *, paused: bool = False) -> None:
        """Records fetched that wait for their chunk, and whether fetching pauses for them."""
        ...

    def assigned(self) -> None:
        """An assignment of partitions came."""
        ...

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        """A chunk is done."""
        ...

    def aborted(self, partition: int) -> None:
        """A transaction was aborted and will be tried again."""
        ...

    def fenced(self, partition: int) -> None:
        """Another process owns the task now."""
        ...

    def halted(self, partition: int) -> None:
        """The task stands still until a person acts."""
        ...

    def closed(self, partition: int) -> None:
        """The task is given up; its series must go."""
        ...
