"""What every job tells, in JSON lines, for all to be measured alike.

A *mark* says when the first event came and how many have been handled since, by the machine's
monotonic clock. The *result*, after an orderly close, has the CPU of the whole process from before
its first connection to its end, imports not counted, and its peak memory. Knows nothing but the
standard library, for every job imports it into an environment of its own.
"""

import json
import resource
import time
from pathlib import Path
from typing import Any

__all__ = ["Meter"]

_EVERY = 5_000


class Meter:
    """Counts events, and measures this process."""

    def __init__(self, events: int) -> None:
        """Start to measure. ``events``: how many there are, 0 for no end."""
        self.events = events
        self.seen = 0
        self._next = 1
        self._cpu = self.cpu()

    def add(self, events: int = 1) -> bool:
        """So many more are handled; whether that is all."""
        self.seen += events
        if self.seen >= self._next:
            self.mark("first" if self._next == 1 else "seen", events=self.seen)
            self._next = min(self.seen - self.seen % _EVERY + _EVERY, self.events or 1 << 62)
        return self.seen == self.events

    @staticmethod
    def mark(name: str, **more: Any) -> None:
        """Tell where we are."""
        print(json.dumps({"mark": name, "at": time.monotonic(), **more}), flush=True)

    def report(self, **more: Any) -> None:
        """Tell what it has cost."""
        cpu = self.cpu() - self._cpu
        result = {"mark": "result", "events": self.seen, "cpu": cpu, "memory_mb": self.memory_mb()}
        print(json.dumps({**result, **more}), flush=True)

    @staticmethod
    def cpu() -> float:
        """CPU seconds of all threads of this process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    @staticmethod
    def memory_mb() -> int:
        """Peak resident memory; ``ru_maxrss`` may be that of the process which started us."""
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) // 1024
