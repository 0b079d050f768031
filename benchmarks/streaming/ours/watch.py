"""What a job on the platform tells while it runs."""

import asyncio
import sys
from typing import Any

from measure import Meter

from workers.streaming.engine.watch import ChunkDone, TaskWatch

__all__ = ["Watch"]


class Watch(TaskWatch):
    """Counts committed events, and tells of assignments and restores; the rest is nothing to it."""

    def __init__(self, meter: Meter) -> None:
        self.all_done = asyncio.Event()
        self.chunks = 0
        self._meter = meter

    def assigned(self) -> None:
        self._meter.mark("assigned")

    def restored(self, partition: int, rows: int, seconds: float, **_rest: Any) -> None:
        self._meter.mark("restored", partition=partition, rows=rows, seconds=seconds)

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        del partition
        if chunk.events:
            self.chunks += 1
            if self._meter.add(chunk.events):
                self.all_done.set()

    def closed(self, partition: int) -> None:
        self._meter.mark("closed", partition=partition)

    def aborted(self, partition: int) -> None:
        print("aborted", partition, file=sys.stderr)

    def fenced(self, partition: int) -> None:
        print("fenced", partition, file=sys.stderr)

    def halted(self, partition: int) -> None:
        print("halted", partition, file=sys.stderr)
