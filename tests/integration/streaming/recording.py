"""A watch that remembers what it was told, for tests that run a worker in their own process."""

from dataclasses import dataclass, field

from workers.streaming.engine.watch import ChunkDone

__all__ = ["RecordingWatch", "Restored"]


@dataclass(frozen=True)
class Restored:
    """One restore of a task."""

    partition: int
    rows: int
    read: int


@dataclass
class RecordingWatch:
    """Fulfils ``TaskWatch``."""

    restores: list[Restored] = field(default_factory=list)
    standby_rows: dict[int, int] = field(default_factory=dict)
    halts: list[int] = field(default_factory=list)
    events: int = 0

    def restored(self, partition: int, rows: int, seconds: float, *, read: int = 0) -> None:
        """See ``TaskWatch``."""
        del seconds
        self.restores.append(Restored(partition, rows, read))

    def standby(self, partition: int, rows: int | None) -> None:
        """See ``TaskWatch``."""
        if rows is None:
            self.standby_rows.pop(partition, None)
        else:
            self.standby_rows[partition] = rows

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        """See ``TaskWatch``."""
        del partition
        self.events += chunk.events

    def halted(self, partition: int) -> None:
        """See ``TaskWatch``."""
        self.halts.append(partition)

    def taken(self, records: int) -> None:
        """See ``TaskWatch``."""

    def done(self, records: int) -> None:
        """See ``TaskWatch``."""

    def lag(self, partition: int, events: int, seconds: float = 0.0) -> None:
        """See ``TaskWatch``."""

    def queued(self, partition: int, records: int, *, paused: bool = False) -> None:
        """See ``TaskWatch``."""

    def assigned(self) -> None:
        """See ``TaskWatch``."""

    def aborted(self, partition: int) -> None:
        """See ``TaskWatch``."""

    def fenced(self, partition: int) -> None:
        """See ``TaskWatch``."""

    def closed(self, partition: int) -> None:
        """See ``TaskWatch``."""
