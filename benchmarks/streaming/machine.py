"""What a run was measured on: a figure means little without the machine and how busy it was."""

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Machine", "cpu_model"]

_CPUINFO = Path("/proc/cpuinfo")
_GIB = 1 << 30


@dataclass(frozen=True)
class Machine:
    """This machine as it was when the run began."""

    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Processes that ran or wanted to, the last minute's mean."""

    def __str__(self) -> str:
        """For a line of text."""
        cores = len(os.sched_getaffinity(0))
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB
        try:
            model = cpu_model(_CPUINFO.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            model = ""
        cpu = f"{platform.machine()} ({model})" if model else platform.machine()
        return f"{cpu}, {cores} cores, {memory:.0f} GiB, load {self.load:.1f} when the run began"


def cpu_model(cpuinfo: str) -> str:
    """The first processor's name; empty where it is not told, as on ARM."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return " ".join(value.split())
    return ""
