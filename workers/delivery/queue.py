"""What one receiver is owed, in the order in which it is to be sent."""

import heapq
from dataclasses import dataclass

__all__ = ["Job", "Queue"]


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A message of a partition, ordered by when it was requested."""

    requested_at: int
    key: str
    partition: int


class Queue:
    """Messages by due time; of those that are due, the oldest request comes first.

    A message that waits for its next attempt does not hold up the others. Each message stands
    in it at most once; entries of the heaps that were superseded are skipped.
    """

    def __init__(self) -> None:
        self._due_at: dict[tuple[int, str], int] = {}
        self._waiting: list[tuple[int, Job]] = []
        self._ready: list[tuple[Job, int]] = []

    def __len__(self) -> int:
        return len(self._due_at)

    def put(self, job: Job, due_at: int) -> None:
        """Add a message, or move it to another time (milliseconds since the epoch)."""
        place = (job.partition, job.key)
        if self._due_at.get(place) == due_at:
            return
        self._due_at[place] = due_at
        heapq.heappush(self._waiting, (due_at, job))

    def drop(self, partition: int, key: str) -> None:
        """Forget a message."""
        self._due_at.pop((partition, key), None)

    def drop_partition(self, partition: int) -> None:
        """Forget everything of a partition."""
        for place in [place for place in self._due_at if place[0] == partition]:
            del self._due_at[place]

    def next_due(self) -> int | None:
        """When the next message is due; ``None`` when there is none."""
        self._skip_superseded()
        if self._ready:
            return 0
        return self._waiting[0][0] if self._waiting else None

    def take(self, now: int) -> Job | None:
        """The oldest message that is due, removed."""
        self._skip_superseded()
        while self._waiting and self._waiting[0][0] <= now:
            due_at, job = heapq.heappop(self._waiting)
            if self._stands(job, due_at):
                heapq.heappush(self._ready, (job, due_at))
        self._skip_superseded()
        if not self._ready:
            return None
        job, _ = heapq.heappop(self._ready)
        self._due_at.pop((job.partition, job.key), None)
        return job

    def _skip_superseded(self) -> None:
        while self._waiting and not self._stands(self._waiting[0][1], self._waiting[0][0]):
            heapq.heappop(self._waiting)
        while self._ready and not self._stands(*self._ready[0]):
            heapq.heappop(self._ready)

    def _stands(self, job: Job, due_at: int) -> bool:
        return self._due_at.get((job.partition, job.key)) == due_at
