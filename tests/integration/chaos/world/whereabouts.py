"""Where a worker stands that does not come to its end: a failure that cannot be repeated tells."""

import signal
import subprocess
import time
from pathlib import Path

from tests.integration.streaming.worker_process import STACKS_TOLD

__all__ = ["whereabouts"]

_WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_MOST_LINES = 400


def whereabouts(worker: subprocess.Popen[bytes], log: Path) -> str:
    """The end of a worker's log, with every thread and task of it where it lives."""
    deadline = time.monotonic() + _WAIT_SECONDS
    pause = time.sleep
    worker.send_signal(signal.SIGUSR1)
    while STACKS_TOLD not in (told := log.read_text(encoding="utf-8", errors="replace")):
        if worker.poll() is not None or time.monotonic() > deadline:
            break
        pause(_PAUSE_SECONDS)
    return "\n".join([f"worker {worker.pid}: {log}", *told.splitlines()[-_MOST_LINES:]])
