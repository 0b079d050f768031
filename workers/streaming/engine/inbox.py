"""What waits for a task: chunks from Kafka and events that its side effects report."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from workers.processor import TaskClosedError
from workers.streaming.transport.chunk import Chunk

__all__ = ["Inbox", "Reported"]

_HIGH_RECORDS = 10_000
_LOW_RECORDS = 2_000
_HIGH_BYTES = 32 * 1024 * 1024
_LOW_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reported:
    """Events that a side effect reports, and who waits for their commit."""

    events: Sequence[Any]
    done: asyncio.Future[None]


class Inbox:
    """A queue of work, bounded by asking for a pause rather than by blocking.

    A fetch already under way still arrives after a pause was asked for: that is the slack
    above the limit. Nobody ever waits to put something in, so a task that closes leaves
    nobody waiting.
    """

    def __init__(self, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._items: deque[Chunk | Reported] = deque()
        self._arrived = asyncio.Event()
        self._records = 0
        self._bytes = 0
        self._paused = False
        self._pause = pause
        self._resume = resume

    def __len__(self) -> int:
        return len(self._items)

    @property
    def records(self) -> int:
        """Records that wait."""
        return self._records

    @property
    def paused(self) -> bool:
        """Whether fetching pauses until fewer records wait."""
        return self._paused

    def oldest(self, tp: TopicPartition, position: int) -> int | None:
        """When the first waiting record of an input at or after ``position`` was written, in ms.

        ``None`` where none has been fetched.
        """
        for item in self._items:
            if isinstance(item, Chunk) and item.tp == tp and item.next_offset > position:
                for record in item.records:
                    if record.offset >= position:
                        return int(record.timestamp)
        return None

    def put(self, item: Chunk | Reported) -> None:
        """Add work."""
        self._items.append(item)
        self._arrived.set()
        if isinstance(item, Chunk):
            self._records += len(item.records)
            self._bytes += item.size
            full = self._records > _HIGH_RECORDS or self._bytes > _HIGH_BYTES
            if full and not self._paused:
                self._paused = True
                self._pause()

    async def peek(self, max_records: int, *, wait: float) -> Sequence[Chunk | Reported]:
        """Whole items from the front, up to about ``max_records``; they stay until ``drop``.

        Empty after ``wait`` seconds without work.
        """
        if not self._items:
            try:
                async with asyncio.timeout(wait):
                    await self._arrived.wait()
            except TimeoutError:
                return ()
        taken: list[Chunk | Reported] = []
        records = 0
        for item in self._items:
            size = len(item.records) if isinstance(item, Chunk) else len(item.events)
            if taken and records + size > max_records:
                break
            taken.append(item)
            records += size
        return taken

    def wake(self) -> None:
        """Let a waiting ``peek`` return."""
        self._arrived.set()

    def drop(self, count: int) -> int:
        """Forget the first ``count`` items, which are done; returns how many records those had."""
        before = self._records
        for _ in range(count):
            item = self._items.popleft()
            if isinstance(item, Chunk):
                self._records -= len(item.records)
                self._bytes -= item.size
        if not self._items:
            self._arrived.clear()
        drained = self._records < _LOW_RECORDS and self._bytes < _LOW_BYTES
        if self._paused and drained:
            self._paused = False
            self._resume()
        return before - self._records

    def refuse_reports(self) -> None:
        """Tell every waiting side effect that the task was closed."""
        kept: deque[Chunk | Reported] = deque()
        for item in self._items:
            if isinstance(item, Chunk):
                kept.append(item)
            elif not item.done.done():
                item.done.set_exception(TaskClosedError())
        self._items = kept
        if not kept:
            self._arrived.clear()

    def clear(self) -> int:
        """Forget everything: whoever owns the partition next reads it again.

        Returns how many records were forgotten.
        """
        self.refuse_reports()
        forgotten, self._records, self._bytes = self._records, 0, 0
        self._items.clear()
        self._arrived.clear()
        return forgotten
