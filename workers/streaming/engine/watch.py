"""What a task tells about its doing: metrics in production, a record in tests."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.platform import ErrorClass
from workers.processor import Emission, Record

__all__ = ["NOTHING_SEEN", "Seen", "TaskWatch"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a chunk consisted of: references, not copies, for whoever wants to look closer."""

    records: Sequence[Record] = ()
    """Input records, the dead ones among them."""
    written: Sequence[Emission] = ()
    """What was written to topics, dead letters among it."""


NOTHING_SEEN = Seen()


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
        transaction_seconds: float = 0.0,
        seen: Seen = NOTHING_SEEN,
    ) -> None:
        """A chunk is done; ``newest`` and ``oldest`` are event times in ms, 0 without events.

        ``seconds`` is the time of the whole chunk, ``transaction_seconds`` the part of it from
        begin to commit: 0 for a chunk that wrote nothing and made no transaction.
        """
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
