"""Ends with its parent: ``python -m workers.runtime.leash PARENT_PID COMMAND ...``.

The kernel is asked to send SIGTERM when the parent dies, however it dies; the request
survives ``exec``, so no process stays in between. Elsewhere than on Linux the command runs
without a leash.
"""

import ctypes
import os
import signal
import sys

__all__ = ["bind_to_parent", "leashed"]

_PR_SET_PDEATHSIG = 1


def leashed(command: list[str]) -> list[str]:
    """The command line that runs ``command`` and lets it end with this process."""
    return [sys.executable, "-m", "workers.runtime.leash", str(os.getpid()), *command]


def bind_to_parent(parent: int) -> None:
    """Ask for SIGTERM when the parent ends; ends at once if it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    bind_to_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the command is our own
