"""Who runs the broker of a folder: a recorded process, trusted only with its start time."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

__all__ = ["Owner", "read_owner", "write_owner"]


@dataclass(frozen=True, slots=True)
class Owner:
    """The recorded broker process of a folder."""

    pid: int
    started_at: float
    """Seconds since the epoch, as the operating system tells: a reused pid differs in it."""
    port: int

    def process(self) -> psutil.Process | None:
        """The live process, or ``None`` when it has ended (whatever has its pid now)."""
        try:
            process = psutil.Process(self.pid)
            alive = (
                abs(process.create_time() - self.started_at) < 1.0
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return None
        return process if alive else None


def read_owner(file: Path) -> Owner | None:
    """The recorded owner; ``None`` when there is no record or it is unreadable."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        owner = Owner(int(told["pid"]), float(told["started_at"]), int(told["port"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return owner if owner.pid > 0 else None


def write_owner(file: Path, owner: Owner) -> None:
    """Record the owner; the file is complete or absent, never half written."""
    scratch = file.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps(asdict(owner)), encoding="utf-8")
    scratch.replace(file)
