"""What every job prints: cost from its first poll to its last event, imports not counted."""

import json
import resource
import time
from typing import Any


class Meter:
    """CPU and memory of this process between two moments."""

    def __init__(self) -> None:
        self._cpu = self._used()
        self._first: float | None = None

    def first(self) -> None:
        """The first event has come."""
        if self._first is None:
            self._first = time.monotonic()

    def report(self, events: int, **more: Any) -> None:
        """Print one JSON line."""
        seconds = time.monotonic() - (self._first or time.monotonic())
        cpu = self._used() - self._cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            json.dumps(
                {
                    "events": events,
                    "seconds": round(seconds, 2),
                    "events_per_second": round(events / seconds) if seconds else 0,
                    "cpu_us_per_event": round(cpu / events * 1e6, 2),
                    "memory_mb": round(memory),
                    **more,
                }
            ),
            flush=True,
        )

    @staticmethod
    def _used() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
