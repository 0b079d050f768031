"""What a job on the platform tells while it runs."""

import asyncio
import sys

from measure import Meter

from workers.observability.metrics import Metrics
from workers.streaming.engine.watch import ChunkDone
from workers.streaming.metrics_watch import MetricsWatch

__all__ = ["Watch"]


class Watch(MetricsWatch):
    """Keeps the metrics that every role keeps, counts events, tells of assignments and restores."""

    def __init__(self, meter: Meter) -> None:
        super().__init__("feedback", Metrics())  # stages are declared; a benchmark is none
        self.all_done = asyncio.Event()
        self.chunks = 0
        self._meter = meter

    def assigned(self) -> None:
        super().assigned()
        self._meter.mark("assigned")

    def restored(self, partition: int, rows: int, seconds: float, *, read: int = 0) -> None:
        super().restored(partition, rows, seconds, read=read)
        self._meter.mark("restored", partition=partition, rows=rows, seconds=seconds)

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        super().committed(partition, chunk)
        if chunk.events:
            self.chunks += 1
            if self._meter.add(chunk.events):
                self.all_done.set()

    def closed(self, partition: int) -> None:
        super().closed(partition)
        self._meter.mark("closed", partition=partition)

    def aborted(self, partition: int) -> None:
        super().aborted(partition)
        print("aborted", partition, file=sys.stderr)

    def fenced(self, partition: int) -> None:
        super().fenced(partition)
        print("fenced", partition, file=sys.stderr)

    def halted(self, partition: int) -> None:
        super().halted(partition)
        print("halted", partition, file=sys.stderr)
