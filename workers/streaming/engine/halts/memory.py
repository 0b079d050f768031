"""The bound on memory: a clear halt instead of a process that the system kills.

What counts is what the process really takes, for that is what a container is measured by: rows,
copies, records in flight and libraries together. What can be done without goes first.
"""

import ctypes
import os
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path

from workers.streaming.engine.halts.halt import HaltError

__all__ = [
    "UNBOUNDED",
    "MemoryBound",
    "MemoryExhaustedError",
    "physical_bytes",
    "resident_bytes",
    "return_free_memory",
    "share_of_limit",
]

_MEBIBYTE = 1024 * 1024
_SHARE = 0.85
"""Of what a container may take: the rest is for what no check sees coming."""


class MemoryExhaustedError(HaltError):
    """The process has taken the memory it may take."""

    remedy = (
        "run the role in more processes (up to its partitions), switch standby copies off, or "
        "give it more memory and raise PRODUCTOPS_MEMORY_LIMIT_MB; then restart it. Nothing is "
        "lost: the chunk in hand was not committed"
    )


class MemoryBound:
    """Compares what is used with what may be used."""

    def __init__(
        self,
        limit: int | None,
        used: Callable[[], int],
        *,
        relieve: Callable[[], bool] = lambda: False,
    ) -> None:
        """``limit`` in bytes, ``None`` for no bound; ``used`` tells the bytes in use.

        ``relieve`` gives up what can be done without, and tells whether there was any: then what
        the process takes just now becomes the bound.
        """
        self._limit = limit
        self._used = used
        self._relieve = relieve

    @property
    def reached(self) -> bool:
        """Whether nothing more may be taken."""
        return self._limit is not None and self._used() > self._limit

    def check(self, what: str) -> None:
        """Raises ``MemoryExhaustedError`` when the bound is reached; ``what`` was to be kept."""
        if self._limit is None:
            return
        used = self._used()
        if used > self._limit and self._relieve():
            # Python gives little of it back to the system, but takes it before it takes more.
            self._limit = max(self._limit, self._used())
            return
        if used > self._limit:
            raise MemoryExhaustedError(
                f"this process takes {used // _MEBIBYTE} MiB of memory with {what}; it may take "
                f"{self._limit // _MEBIBYTE} MiB"
            )


UNBOUNDED = MemoryBound(None, lambda: 0)
"""Never reached."""


def resident_bytes(statm: Path = Path("/proc/self/statm"), page: int = PAGESIZE) -> int:
    """Resident memory of this process as Linux counts it; 0 where that cannot be read."""
    try:
        return int(statm.read_text(encoding="ascii").split()[1]) * page
    except (OSError, ValueError, IndexError):
        return 0


def share_of_limit(
    files: tuple[Path, ...] = (
        Path("/sys/fs/cgroup/memory.max"),
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    ),
    *,
    physical: int | None = None,
) -> int | None:
    """The bound where none is set: a share of what the container may take, or else the machine.

    ``physical``: bytes of the machine's memory; ``None`` where that is not known.
    """
    for file in files:
        try:
            limit = int(file.read_text(encoding="ascii"))
        except (OSError, ValueError):  # "max" is no number: no limit
            continue
        if limit < 1 << 50:  # version 1 says "no limit" with a number beyond any machine
            return int(limit * _SHARE)
    return None if physical is None else int(physical * _SHARE)


def physical_bytes() -> int | None:
    """Memory of this machine; ``None`` where that cannot be read."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * PAGESIZE
    except (OSError, ValueError):
        return None


def return_free_memory() -> None:
    """Give what was freed back to the system, where its C library keeps it (glibc)."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):  # another C library
        return
